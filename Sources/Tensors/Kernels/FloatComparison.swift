internal import CKernels

/// How far two runs of numbers are apart: sums that add up over parts, in f64.
package struct FloatComparison: Sendable, Equatable {
  /// `Σ (a - b)²`
  package var difference = 0.0
  /// `Σ a²`
  package var first = 0.0
  /// `Σ b²`
  package var second = 0.0
  /// `Σ a b`
  package var product = 0.0
  /// `max |a - b|`; NaN where a difference is.
  package var largest = 0.0

  package init() {}

  /// Compares as many numbers as both have, on the calling thread; the result is the same on every machine.
  package init(_ a: UnsafeBufferPointer<Float>, _ b: UnsafeBufferPointer<Float>) {
    precondition(a.count == b.count, "\(a.count) numbers against \(b.count)")
    guard let first = a.baseAddress, let second = b.baseAddress else { return }
    let sums = vk_compare(first, second, a.count)
    difference = sums.difference
    self.first = sums.first
    self.second = sums.second
    product = sums.product
    largest = sums.largest
  }

  package static func += (left: inout FloatComparison, right: FloatComparison) {
    left.difference += right.difference
    left.first += right.first
    left.second += right.second
    left.product += right.product
    // A NaN is larger than anything, and stays.
    if !left.largest.isNaN, !(left.largest >= right.largest) { left.largest = right.largest }
  }

  /// `‖a - b‖ / ‖a‖`; 0 for equal runs, infinite when only `a` is zero throughout.
  package var relative: Double { difference == 0 ? 0 : (difference / first).squareRoot() }

  /// The cosine, where two runs of zeros point the same way and one alone points nowhere: 1 and 0.
  package var direction: Double {
    let length = (first * second).squareRoot()
    return length > 0 ? product / length : (first == second ? 1 : 0)
  }

  /// `a·b / (‖a‖ ‖b‖)`; `nil` when either is zero throughout or not finite.
  package var cosine: Double? {
    let value = product / (first.squareRoot() * second.squareRoot())
    return value.isFinite ? min(max(value, -1), 1) : nil
  }
}
