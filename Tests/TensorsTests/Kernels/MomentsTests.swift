import Testing

@testable import Tensors

/// Against sums made one number at a time; figures of whole tensors against NumPy's are in `StatisticsRunTests`.
@Suite struct MomentsTests {
  /// Numbers with zeros, NaN and infinities among them, the same for one count each time.
  private static func numbers(_ count: Int) -> [Float] {
    var state = UInt64(count) &* 0x9e37_79b9_7f4a_7c15 &+ 1
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let value = Float(Int32(truncatingIfNeeded: state >> 32)) / 1e6
      return [0: 0, 1: .nan, 2: .infinity, 3: -.infinity][state >> 40 & 31] ?? value
    }
  }

  private static func moments(_ numbers: [Float]) -> Moments { numbers.withUnsafeBytes { Moments(f32: $0) } }

  @Test(arguments: [0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 1000]) func figures(count: Int) {
    let numbers = Self.numbers(count)
    let found = Self.moments(numbers)
    let finite = numbers.filter(\.isFinite).map(Double.init)
    #expect(found.count == count && found.finite == finite.count)
    #expect(found.zeros == numbers.count { $0 == 0 } && found.nans == numbers.count { $0.isNaN })
    #expect(found.infinities == numbers.count { $0.isInfinite })
    guard !finite.isEmpty else { return #expect(found.mean == nil && found.deviation == nil) }
    #expect(found.minimum == finite.min() && found.maximum == finite.max())
    let mean = finite.reduce(0, +) / Double(finite.count)
    let spread = finite.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    // The order of adding differs.
    #expect(
      abs(found.mean! - mean) <= 1e-9
        && abs(found.deviation! - (spread / Double(finite.count)).squareRoot()) <= 1e-9)
  }

  /// f64 numbers, and any address.
  @Test(arguments: [1, 7, 8, 33]) func doublesAtOddAddresses(count: Int) {
    let numbers = Self.numbers(count)
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: count * 8 + 4, alignment: 8)
    defer { bytes.deallocate() }
    for (place, number) in numbers.enumerated() {
      bytes.storeBytes(of: Double(number), toByteOffset: 4 + place * 8, as: Double.self)
    }
    let odd = UnsafeRawBufferPointer(rebasing: bytes[4...])
    #expect(Moments(f64: odd) == Self.moments(numbers))
  }

  @Test func partsAddUp() {
    let numbers = Self.numbers(1000)
    let whole = Self.moments(numbers)
    var parts = Moments()
    for start in stride(from: 0, to: 1000, by: 130) {
      parts += Self.moments(Array(numbers[start..<min(1000, start + 130)]))
    }
    #expect(parts.count == whole.count && parts.finite == whole.finite && parts.zeros == whole.zeros)
    #expect(parts.minimum == whole.minimum && parts.maximum == whole.maximum && parts.nans == whole.nans)
    #expect(abs(parts.mean! - whole.mean!) <= 1e-9 && abs(parts.deviation! - whole.deviation!) <= 1e-9)
  }

  @Test func constants() {
    #expect(Self.moments([2, 2, 2]).isConstant)
    #expect(!Self.moments([2]).isConstant && !Self.moments([2, 3]).isConstant)
    #expect(!Self.moments([2, .nan]).isConstant && Self.moments([0, -0.0]).isConstant)
  }
}
