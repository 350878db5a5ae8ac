package import Runtime
internal import Tensors

/// A model of the runtime, each stage averaged over the tokens of a sample's picture.
package struct PooledModel: ProbedModel {
  private let model: VisionLanguageModel

  package init(_ model: VisionLanguageModel) { self.model = model }

  package var stages: [Stage] { model.path }

  package func encode(
    _ samples: [Sample], at stages: [Stage], gridSide: Int
  ) throws -> [[PooledStage]] {
    let activations = try model.run(samples, at: Set(stages))
    return stages.map { stage in activations[stage].map { Self.pool($0, side: gridSide) } }
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
