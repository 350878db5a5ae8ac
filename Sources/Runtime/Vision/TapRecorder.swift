internal import Files
internal import Tensors

/// Copies the wanted stages out of a run, image by image and back in the processor's token order, and notes where values
/// stop being numbers.
struct TapRecorder {
  private var wanted: Set<Stage>
  /// The first stage handed over that was not finite, wanted or not.
  private(set) var fault: NotFinite?
  private(set) var activations: [Stage: [StageActivation]] = [:]

  init(_ wanted: Set<Stage>) { self.wanted = wanted }

  /// Whether a stage is still to come.
  func wants(_ stage: Stage) -> Bool { wanted.contains(stage) }

  /// A stage that was made image by image.
  mutating func record(_ stage: Stage, _ made: () -> [StageActivation]) {
    keep(stage, made)
    for image in activations[stage] ?? [] {
      check(stage, image.values.base, rows: image.tokenCount, width: image.width)
    }
  }

  private mutating func keep(_ stage: Stage, _ made: () -> [StageActivation]) {
    guard wanted.remove(stage) != nil else { return }
    activations[stage] = made()
  }

  private mutating func check(_ stage: Stage, _ x: UnsafePointer<Float>, rows: Int, width: Int) {
    if fault == nil { fault = NotFinite(stage.name, x, rows: rows, width: width) }
  }

  /// Tokens of an encoder: `x` is `[layout.tokenCount, width]` in computing order.
  mutating func tokens(_ stage: Stage, _ x: UnsafePointer<Float>, _ layout: TokenLayout, width: Int) {
    check(stage, x, rows: layout.tokenCount, width: width)
    keep(stage) {
      layout.images.map { image in
        let tiles = layout.tiles[image.tiles], overview = layout.tiles[image.overview]
        let own = tiles.first!.tokens.lowerBound..<tiles.last!.tokens.upperBound
        return StageActivation(
          values: Self.rows(x, own, layout.order, width), grid: (overview.grid.rows, overview.grid.columns),
          leadingTokens: overview.tokens.lowerBound - own.lowerBound + layout.leadingTokens,
          frames: overview.grid.frames, mergeSize: layout.mergeSize)
      }
    }
  }

  /// One row a tile.
  mutating func pooled(_ stage: Stage, _ x: UnsafePointer<Float>, _ layout: TokenLayout, width: Int) {
    check(stage, x, rows: layout.tiles.count, width: width)
    keep(stage) {
      layout.images.map { StageActivation(values: Self.rows(x, $0.tiles, nil, width), grid: nil) }
    }
  }

  private static func rows(_ x: UnsafePointer<Float>, _ range: Range<Int>, _ order: [Int]?, _ width: Int)
    -> FloatTensor
  {
    FloatTensor([range.count, width]) { destination in
      for row in range {
        let place = (order?[row] ?? row) - range.lowerBound
        (destination.baseAddress! + place * width).update(from: x + row * width, count: width)
      }
    }
  }
}
