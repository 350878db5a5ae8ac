package import Images
package import Runtime
internal import Tensors

/// A vision model of the runtime, probed at every block, norm, pooled vector and projector.
package struct VisionModelEncoder: ProbedEncoder {
  package let stages: [StageName]
  private let model: VisionModel

  package init(_ model: VisionModel) {
    self.model = model
    stages = model.path.map { StageName(name: $0.name, kind: Self.kind($0)) }
  }

  package func encode(_ images: [RGBImage], gridSide: Int) throws -> [[PooledStage]] {
    let activations = try model.run(images.map(model.prepare), taps: Set(model.path))
    return model.path.map { stage in activations[stage].map { Self.pool($0, side: gridSide) } }
  }

  private static func kind(_ stage: Stage) -> ProbeStage.Kind {
    switch stage.point {
    case .embeddings: .embeddings
    case .block: .block
    case .norm, .joined: .norm
    case .pooled: .pooled
    case .output, .deepstack: .projector
    }
  }

  /// Averages the patch tokens of the picture's first frame, in the tile that shows the whole of it.
  ///
  /// Class tokens and registers are left out where there are patches; a stage that has none (pooled vectors, learned
  /// queries) is averaged over its tokens.
  package static func pool(_ activation: StageActivation, side: Int) -> PooledStage {
    let (width, picture) = (activation.width, activation.pictures[0])
    let values = activation.values.values
    guard let grid = picture.grid else {
      let mean = (0..<width).map { channel in
        Float(
          picture.rows.reduce(0) { $0 + Double(values[$1 * width + channel]) } / Double(picture.rows.count))
      }
      return PooledStage(mean: mean, grid: nil, tokens: picture.rows.count)
    }
    func average(_ side: Int) -> [Float] {
      values.withUnsafeBufferPointer { values in
        GridPooling.pool(rows: grid.rows, columns: grid.columns, width: width, side: side) {
          row, column, sums in
          let base = picture.token(row: row, column: column) * width
          for channel in 0..<width { sums[channel] += Double(values[base + channel]) }
        }
      }
    }
    return PooledStage(mean: average(1), grid: average(side), tokens: picture.rows.count)
  }
}
