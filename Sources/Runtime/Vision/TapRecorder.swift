internal import Tensors

/// Copies the wanted stages out of a run, image by image and back in the processor's token order.
struct TapRecorder {
  private let layout: TokenLayout
  private var wanted: Set<Stage>
  private(set) var activations: [Stage: [StageActivation]] = [:]

  init(_ wanted: Set<Stage>, _ layout: TokenLayout) {
    self.wanted = wanted
    self.layout = layout
  }

  /// Nothing is left to record, so the run may stop.
  var isFinished: Bool { wanted.isEmpty }

  /// Tokens of the encoder: `x` is `[layout.tokenCount, width]` in computing order.
  mutating func tokens(_ stage: Stage, _ x: UnsafePointer<Float>, width: Int) {
    guard wanted.remove(stage) != nil else { return }
    activations[stage] = layout.images.map { image in
      StageActivation(
        values: rows(x, image.tokens, layout.order, width), grid: (image.grid.rows, image.grid.columns),
        leadingTokens: layout.leadingTokens, frames: image.grid.frames, mergeSize: layout.mergeSize)
    }
  }

  /// Merged squares: `x` is one row a square of `side`² patches, in computing order.
  mutating func squares(_ stage: Stage, _ x: UnsafePointer<Float>, width: Int, side: Int) {
    guard wanted.remove(stage) != nil else { return }
    activations[stage] = layout.images.map { image in
      let (lower, upper) = (image.tokens.lowerBound / (side * side), image.tokens.upperBound / (side * side))
      return StageActivation(
        values: rows(x, lower..<upper, layout.squareOrder, width),
        grid: (image.grid.rows / side, image.grid.columns / side), frames: image.grid.frames)
    }
  }

  /// One row an image.
  mutating func pooled(_ stage: Stage, _ x: UnsafePointer<Float>, width: Int) {
    guard wanted.remove(stage) != nil else { return }
    activations[stage] = layout.images.indices.map {
      StageActivation(values: rows(x, $0..<$0 + 1, nil, width), grid: nil)
    }
  }

  private func rows(_ x: UnsafePointer<Float>, _ range: Range<Int>, _ order: [Int]?, _ width: Int)
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
