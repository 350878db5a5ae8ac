/// The x axis of a layer plot: numbered blocks evenly in the middle, named stages (pixels, norm, projector) around them.
package struct StageAxis: Sendable {
  package struct Stage: Sendable, Equatable {
    /// What the stage is called in tables: `vision block 3`, `projector`.
    package var name: String
    /// What stands below the axis: `3`, `proj.`
    package var label: String
    /// The number of a block, `nil` for named stages.
    package var block: Int?
    /// Whether this is what goes into the encoder (pixels): a baseline, on no curve.
    package var isInput = false
  }

  package let stages: [Stage]
  /// x of each stage.
  package let positions: [Double]
  /// Indices of stages that carry a label.
  package let labelled: [Int]
  /// Indices of stages whose scores get a visible mark: all where there is room, else the labelled ones and the last block.
  package let marked: Set<Int>
  /// First and last index of the first run of numbered blocks, the encoder's.
  package let blocks: ClosedRange<Int>?

  private static let namedGap = 26.0
  private static let labelGap = 20.0
  private static let markGap = 9.0

  package init(_ stages: [Stage], from left: Double, to right: Double) {
    self.stages = stages
    let numbered = stages.indices.filter { stages[$0].block != nil }
    blocks = numbered.first.map { first in
      first...((stages[first...].firstIndex { $0.block == nil } ?? stages.count) - 1)
    }

    // A step between two blocks takes what the steps around named stages leave.
    let steps = zip(stages, stages.dropFirst()).map { $0.block != nil && $1.block != nil }
    let blockSteps = steps.count { $0 }
    let namedSteps = steps.count - blockSteps
    let width = right - left
    let even = width / Double(max(1, steps.count))
    let named = min(max(even, StageAxis.namedGap), width / Double(max(1, namedSteps)))
    let block = blockSteps > 0 ? (width - named * Double(namedSteps)) / Double(blockSteps) : 0
    var x = left
    var places = [x]
    for isBlockStep in steps {
      x += isBlockStep ? block : named
      places.append(x)
    }
    positions = places

    let every =
      [1, 2, 4, 5, 8, 10, 16, 20, 32, 50, 100].first { Double($0) * block >= StageAxis.labelGap } ?? 1000
    labelled = stages.indices.filter { index in
      stages[index].block.map { $0.isMultiple(of: every) } ?? true
    }
    marked =
      block >= StageAxis.markGap ? Set(stages.indices) : Set(labelled).union(numbered.last.map { [$0] } ?? [])
  }
}
