internal import Tensors

/// A contiguous run of a source's elements that is all of a layout.
struct ContiguousRange: Equatable, Sendable {
  let source: String
  let elements: Range<Int>
}

extension TensorLayout {
  /// The one run of source elements this layout is, when no element moves relative to the others.
  var contiguous: ContiguousRange? {
    guard pieces.count == 1, scale == 1 else { return nil }
    guard count > 0 else { return ContiguousRange(source: pieces[0].source, elements: 0..<0) }
    var stride = 1
    for (extent, step) in zip(extents.reversed(), pieces[0].strides.reversed()) {
      guard step == stride else { return nil }
      stride *= extent
    }
    return ContiguousRange(source: pieces[0].source, elements: pieces[0].offset..<(pieces[0].offset + count))
  }

  /// Runs of elements that stand together in a source and in the result alike, in the result's order.
  ///
  /// `body` gets the source, the run's first element there, its place in the result counted from `range`'s
  /// start, the distance of neighbours in the source (1 for a real run), and its length.
  func forEachRun(
    in range: Range<Int>,
    _ body: (_ source: String, _ from: Int, _ to: Int, _ stride: Int, _ count: Int) throws -> Void
  ) rethrows {
    guard !range.isEmpty else { return }
    guard steps.isEmpty else {
      let size = count / steps.count
      for index in (range.lowerBound / size)...((range.upperBound - 1) / size) {
        let start = index * size
        let part = (start..<(start + size)).clamped(to: range)
        try steps[index].forEachRun(in: (part.lowerBound - start)..<(part.upperBound - start)) {
          source, from, to, stride, count in
          try body(source, from, part.lowerBound - range.lowerBound + to, stride, count)
        }
      }
      return
    }
    let joint = joint ?? -1
    let outer = Array(extents.prefix(max(joint, 0)))
    let inner = joint < 0 ? extents : Array(extents[(joint + 1)...])
    let innerCount = inner.reduce(1, *)
    let block = innerCount * (joint < 0 ? 1 : extents[joint])
    for outerIndex in (range.lowerBound / block)...((range.upperBound - 1) / block) {
      var start = outerIndex * block
      for piece in pieces {
        let extent = joint < 0 ? 1 : piece.jointExtent
        let span = start..<(start + extent * innerCount)
        let part = span.clamped(to: range)
        defer { start = span.upperBound }
        if part.isEmpty { continue }
        let offset = piece.offset + Self.position(outerIndex, outer, Array(piece.strides.prefix(outer.count)))
        let axes = joint < 0 ? inner : [extent] + inner
        let strides = Array(piece.strides.suffix(axes.count))
        try Self.forEachRun(
          axes, strides, (part.lowerBound - span.lowerBound)..<(part.upperBound - span.lowerBound)
        ) { from, to, stride, count in
          try body(piece.source, offset + from, part.lowerBound - range.lowerBound + to, stride, count)
        }
      }
    }
  }

  /// Distance of the `index`-th element, counted row-major over `extents`, from the first.
  private static func position(_ index: Int, _ extents: [Int], _ strides: [Int]) -> Int {
    var rest = index
    var position = 0
    for axis in extents.indices.reversed() {
      position += rest % extents[axis] * strides[axis]
      rest /= extents[axis]
    }
    return position
  }

  private static func forEachRun(
    _ extents: [Int], _ strides: [Int], _ range: Range<Int>, _ body: (Int, Int, Int, Int) throws -> Void
  ) rethrows {
    // Axes that follow on from one another count as one.
    var axes: [(extent: Int, stride: Int)] = []
    for (extent, stride) in zip(extents, strides) where extent != 1 {
      if let last = axes.last, last.stride == stride * extent {
        axes[axes.count - 1] = (last.extent * extent, stride)
      } else {
        axes.append((extent, stride))
      }
    }
    let run = axes.last ?? (1, 1)
    let outerExtents = axes.dropLast().map(\.extent)
    let outerStrides = axes.dropLast().map(\.stride)
    var index = range.lowerBound
    while index < range.upperBound {
      let column = index % run.extent
      let count = min(run.extent - column, range.upperBound - index)
      let from = position(index / run.extent, outerExtents, outerStrides) + column * run.stride
      try body(from, index - range.lowerBound, run.stride, count)
      index += count
    }
  }
}
