package import Images
package import Runtime
internal import Tensors

/// A vision model of the runtime, probed at every block, norm, pooled vector and projector.
package struct VisionModelEncoder: ProbedEncoder {
  package let stages: [StageName]
  private let model: VisionModel
  private let taps: [Stage]

  package init(_ model: VisionModel) {
    self.model = model
    taps = model.stages.filter { $0 != .embeddings }
    stages = taps.map { StageName(name: $0.name, kind: Self.kind($0)) }
  }

  package func encode(_ images: [RGBImage], gridSide: Int) throws -> [[PooledStage]] {
    let activations = try model.run(images.map(model.prepare), taps: Set(taps))
    return taps.map { tap in activations[tap]!.map { Self.pool($0, side: gridSide) } }
  }

  private static func kind(_ stage: Stage) -> ProbeStage.Kind {
    switch stage {
    case .embeddings: .embeddings
    case .block: .block
    case .norm: .norm
    case .pooled: .pooled
    case .projector: .projector
    }
  }

  /// Averages the patch tokens of the first frame; class tokens are left out where there are patches.
  package static func pool(_ activation: StageActivation, side: Int) -> PooledStage {
    let width = activation.width
    let values = activation.values.values
    guard let grid = activation.grid else {
      return PooledStage(mean: Array(values.prefix(width)), grid: nil, tokens: activation.tokenCount)
    }
    func average(_ side: Int) -> [Float] {
      values.withUnsafeBufferPointer { values in
        GridPooling.pool(rows: grid.rows, columns: grid.columns, width: width, side: side) {
          row, column, sums in
          let base = activation.token(row: row, column: column) * width
          for channel in 0..<width { sums[channel] += Double(values[base + channel]) }
        }
      }
    }
    return PooledStage(mean: average(1), grid: average(side), tokens: activation.tokenCount)
  }
}
