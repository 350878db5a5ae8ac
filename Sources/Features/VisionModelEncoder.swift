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
    let ladder = Self.ladder(model)
    taps = ladder.map(\.stage)
    stages = ladder.map { StageName(name: $0.stage.name, kind: $0.kind) }
  }

  package func encode(_ images: [RGBImage], gridSide: Int) throws -> [[PooledStage]] {
    let activations = try model.run(images.map(model.prepare), taps: Set(taps))
    return taps.map { tap in activations[tap]!.map { Self.pool($0, side: gridSide) } }
  }

  /// Stages on the way to the language model, or of the whole encoder where nothing is projected.
  ///
  /// Left out: embeddings, which are the pixels under a linear map; DeepStack's features, which leave the way before its
  /// end; blocks after the one that is projected.
  private static func ladder(_ model: VisionModel) -> [(stage: Stage, kind: ProbeStage.Kind)] {
    let last = model.featureBlock
    return model.stages.compactMap { stage in
      switch stage {
      case .embeddings, .fusedEmbeddings, .deepstack: nil
      case .block(let index): index > last ?? index ? nil : (stage, .block)
      case .fusedBlock(let index): index > model.fusedBlock ?? index ? nil : (stage, .block)
      case .joined: (stage, .norm)
      case .norm: last == nil ? (stage, .norm) : nil
      case .pooled: last == nil ? (stage, .pooled) : nil
      case .projector: (stage, .projector)
      }
    }
  }

  /// Averages the patch tokens of the first frame, in the tile that shows the whole picture.
  ///
  /// Class tokens and registers are left out where there are patches; a stage that has none (pooled vectors, learned
  /// queries) is averaged over its tokens.
  package static func pool(_ activation: StageActivation, side: Int) -> PooledStage {
    let width = activation.width
    let values = activation.values.values
    guard let grid = activation.grid else {
      let tokens = activation.tokenCount
      let mean = (0..<width).map { channel in
        Float((0..<tokens).reduce(0) { $0 + Double(values[$1 * width + channel]) } / Double(tokens))
      }
      return PooledStage(mean: mean, grid: nil, tokens: tokens)
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
