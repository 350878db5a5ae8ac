internal import CKernels

/// What numbers are like: extremes, mean, deviation, and how many are zero or not finite; adds up over parts, in f64.
package struct Moments: Sendable, Equatable {
  package private(set) var count = 0
  /// How many are finite; all figures are of these.
  package private(set) var finite = 0
  package private(set) var zeros = 0
  package private(set) var nans = 0
  package private(set) var minimum = Double.infinity
  package private(set) var maximum = -Double.infinity
  private var sum = 0.0
  /// `Σ (x - mean)²`
  private var spread = 0.0

  package init() {}

  /// Looks at numbers, at any address, on the calling thread; the result is the same on every machine.
  package init(f32 bytes: UnsafeRawBufferPointer) { self.init(bytes, isDouble: false) }

  package init(f64 bytes: UnsafeRawBufferPointer) { self.init(bytes, isDouble: true) }

  /// Two passes over what is in the cache: squares of large numbers would leave nothing of a small deviation.
  private init(_ bytes: UnsafeRawBufferPointer, isDouble: Bool) {
    count = bytes.count / (isDouble ? 8 : 4)
    guard let base = bytes.baseAddress, count > 0 else { return }
    let found = vk_moments_of(base, isDouble, count)
    (minimum, maximum, sum) = (found.minimum, found.maximum, found.sum)
    (finite, zeros, nans) = (found.finite, found.zeros, found.nans)
    if finite > 0 { spread = vk_spread_of(base, isDouble, count, sum / Double(finite)) }
  }

  package var infinities: Int { count - finite - nans }
  /// Of the finite numbers; `nil` where there are none.
  package var mean: Double? { finite > 0 ? sum / Double(finite) : nil }
  /// Of the finite numbers, divided by their count (not by one less).
  package var deviation: Double? { finite > 0 ? (spread / Double(finite)).squareRoot() : nil }
  /// Whether there are several numbers, and all are the same.
  package var isConstant: Bool { count > 1 && finite == count && minimum == maximum }

  package static func += (left: inout Moments, right: Moments) {
    if let one = left.mean, let other = right.mean {
      let weight = Double(left.finite) * Double(right.finite) / Double(left.finite + right.finite)
      left.spread += right.spread + (other - one) * (other - one) * weight
    } else {
      left.spread += right.spread
    }
    left.sum += right.sum
    left.count += right.count
    left.finite += right.finite
    left.zeros += right.zeros
    left.nans += right.nans
    left.minimum = Swift.min(left.minimum, right.minimum)
    left.maximum = Swift.max(left.maximum, right.maximum)
  }
}
