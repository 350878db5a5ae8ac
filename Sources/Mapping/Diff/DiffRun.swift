internal import Files
internal import Tensors

/// What comparing a parameter, or a slice of one, gave.
struct DiffMeasure: Sendable {
  var comparison = FloatComparison()
  /// The same bits in the same dtype.
  var isIdentical = true
  /// The same values.
  var isEqual = true
  /// The second holds the first's values rounded to its dtype, as a cast does.
  var isCast = true
  /// The first holds the second's values rounded to its dtype: what moved, if anything did, moved by less than that.
  var isCastBack = true

  var likeness: CheckpointDiff.Likeness {
    isIdentical ? .identical : isEqual ? .equal : isCast || isCastBack ? .rounded : .changed
  }

  static func += (left: inout DiffMeasure, right: DiffMeasure) {
    left.comparison += right.comparison
    left.isIdentical = left.isIdentical && right.isIdentical
    left.isEqual = left.isEqual && right.isEqual
    left.isCast = left.isCast && right.isCast
    left.isCastBack = left.isCastBack && right.isCastBack
  }
}

/// Compares the pairs of a plan, slice by slice, and adds the slices up in order, so that the figures do not depend on
/// the number of threads.
struct DiffRun: Sendable {
  /// Elements of a slice: at most 1 MiB in f32.
  static let sliceCount = 1 << 18

  private struct Slice: Sendable {
    let pair: Int
    let elements: Range<Int>
  }

  private let first: MappedCheckpoint
  private let second: MappedCheckpoint
  private let pairs: [DiffPair]
  private let slices: [Slice]

  init(_ first: MappedCheckpoint, _ second: MappedCheckpoint, _ plan: DiffPlan) {
    self.first = first
    self.second = second
    pairs = plan.pairs
    slices = plan.pairs.indices.flatMap { index in
      let count = plan.pairs[index].elements
      return stride(from: 0, to: count, by: Self.sliceCount).map {
        Slice(pair: index, elements: $0..<min(count, $0 + Self.sliceCount))
      }
    }
  }

  /// One measure a pair.
  func run(progress: ProgressHandler?) throws -> [DiffMeasure] {
    let total = pairs.reduce(0) { $0 + $1.elements * Self.bytesPerElement($1) }
    let meter = ProgressMeter(activity: "comparing", total: total, handler: progress)
    let parts = try Parallel.map(slices.count) { index in
      let slice = slices[index]
      let pair = pairs[slice.pair]
      let part = try measure(pair, slice.elements)
      meter.add(slice.elements.count * Self.bytesPerElement(pair))
      return part
    }
    meter.finish()
    var measures = [DiffMeasure](repeating: DiffMeasure(), count: pairs.count)
    for (slice, part) in zip(slices, parts) { measures[slice.pair] += part }
    return measures
  }

  private static func bytesPerElement(_ pair: DiffPair) -> Int {
    (pair.first.descriptor.dtype.bits + pair.second.descriptor.dtype.bits) / 8
  }

  private func measure(_ pair: DiffPair, _ elements: Range<Int>) throws -> DiffMeasure {
    let one = try DiffSlice(pair.first, elements, of: first)
    let other = try DiffSlice(pair.second, elements, of: second)
    var result = DiffMeasure()
    result.isIdentical = one.hasSameBits(as: other)
    result.comparison = FloatComparison(one.values, result.isIdentical ? one.values : other.values)
    if result.isIdentical {
      // Not a number minus itself is not a number either, but it has not changed.
      result.comparison.difference = 0
      result.comparison.largest = 0
    }
    result.isEqual = result.comparison.largest == 0
    result.isCast = result.isEqual || other.isRounding(of: one)
    result.isCastBack = result.isEqual || one.isRounding(of: other)
    return result
  }
}
