package import Runtime
internal import Synchronization
internal import Tensors

/// A model of the runtime, each stage averaged over the tokens of a sample's picture, or its last token.
package final class PooledModel: ProbedModel {
  private let model: VisionLanguageModel
  package let points: [ProbePoint]
  /// Samples that run together, once it is known what one takes.
  private let together = Mutex<Int>(1)

  /// Bytes of activations at once: a sample of a model of 3 B parameters leaves some 400 MB at all its stages.
  private static let room = 1 << 29

  /// - Parameter choose: takes some of all that can be read on the way through the model: every stage at the picture's
  ///   tokens, then those of the language model at the last token.
  package init(_ model: VisionLanguageModel, choose: ([ProbePoint]) throws -> [ProbePoint] = { $0 }) rethrows
  {
    self.model = model
    let path = model.path
    points = try choose(
      path.map { ProbePoint($0) } + path.filter { $0.part == .language }.map { ProbePoint($0, .last) })
  }

  package func encode(
    _ samples: [Sample], at points: [ProbePoint], gridSide: Int
  ) throws -> [[PooledStage]] {
    var pooled = [[PooledStage]](repeating: [], count: points.count)
    var left = samples[...]
    while !left.isEmpty {
      let next = Array(left.prefix(together.withLock(\.self)))
      left = left.dropFirst(next.count)
      for (place, stages) in try run(next, at: points, gridSide: gridSide).enumerated() {
        pooled[place] += stages
      }
    }
    return pooled
  }

  private func run(_ samples: [Sample], at points: [ProbePoint], gridSide: Int) throws -> [[PooledStage]] {
    let activations = try model.run(samples, at: Set(points.map(\.stage)))
    let bytes = activations.stages.reduce(0) { sum, stage in
      sum + activations[stage].reduce(0) { $0 + 4 * $1.tokenCount * $1.width }
    }
    together.withLock { $0 = max(1, min(Self.most, samples.count * Self.room / max(bytes, 1))) }
    return points.map { point in
      activations[point.stage].map { point.tokens == .last ? Self.last($0) : Self.pool($0, side: gridSide) }
    }
  }

  /// Samples that run together at most: enough for the products to run at full speed.
  private static let most = 8

  /// The last token as it is.
  package static func last(_ activation: StageActivation) -> PooledStage {
    PooledStage(mean: Array(activation.values.values.suffix(activation.width)), grid: nil, tokens: 1)
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
