package import Runtime
internal import Synchronization
internal import Tensors

/// A model of the runtime, each stage averaged over the tokens of a sample's picture, or its last token.
package final class PooledModel: ProbedModel {
  private let model: VisionLanguageModel
  package let points: [ProbePoint]
  /// Those of them that are read in finer cells too.
  private let finer: Set<ProbePoint>
  /// Samples that run together, once it is known what one takes.
  private let together = Mutex<Int>(1)

  /// Bytes of activations at once: a sample of a model of 3 B parameters leaves some 400 MB at all its stages.
  private static let room = 1 << 29

  /// - Parameters:
  ///   - finer: says which of the points are read in finer cells too.
  ///   - choose: takes some of all that can be read on the way through the model: every stage at the picture's
  ///     tokens, then those of the language model at the last token.
  package init(
    _ model: VisionLanguageModel, finer: ([ProbePoint]) -> Set<ProbePoint> = { _ in [] },
    choose: ([ProbePoint]) throws -> [ProbePoint] = { $0 }
  ) rethrows {
    self.model = model
    let path = model.path
    points = try choose(
      path.map { ProbePoint($0) } + path.filter { $0.part == .language }.map { ProbePoint($0, .last) })
    self.finer = finer(points)
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
    return Parallel.map(points.count) { place in
      let point = points[place]
      return activations[point.stage].map {
        point.tokens == .last
          ? Self.last($0)
          : Self.pool($0, side: gridSide, fineSide: finer.contains(point) ? Self.fineSide : nil)
      }
    }
  }

  /// Cells a side of the finer readout: as many as a small encoder has tokens; larger ones have up to four a cell and axis.
  private static let fineSide = 8

  /// Samples that run together at most: enough for the products to run at full speed.
  private static let most = 32

  /// The last token as it is.
  package static func last(_ activation: StageActivation) -> PooledStage {
    PooledStage(mean: Array(activation.values.values.suffix(activation.width)), grid: nil, tokens: 1)
  }

  /// Averages the patch tokens of the picture's first frame, in the tile that shows the whole of it.
  ///
  /// Class tokens and registers are left out where there are patches; a stage that has none (pooled vectors, learned
  /// queries) is averaged over its tokens.
  ///
  /// - Parameter fineSide: cells a side of the finer readout, whose tokens are brought to one length, as the norm before
  ///   whatever reads a stage brings them: a stream of residuals has tokens that drown the others.
  package static func pool(_ activation: StageActivation, side: Int, fineSide: Int? = nil) -> PooledStage {
    let (width, picture) = (activation.width, activation.pictures[0])
    let values = activation.values.values
    guard let grid = picture.grid else {
      let mean = (0..<width).map { channel in
        Float(
          picture.rows.reduce(0) { $0 + Double(values[$1 * width + channel]) } / Double(picture.rows.count))
      }
      return PooledStage(mean: mean, grid: nil, tokens: picture.rows.count)
    }
    func average(_ side: Int, ofOneLength: Bool = false) -> [Float] {
      values.withUnsafeBufferPointer { values in
        GridPooling.pool(rows: grid.rows, columns: grid.columns, width: width, side: side) {
          row, column, sums in
          let base = picture.token(row: row, column: column) * width
          var scale = 1.0
          if ofOneLength {
            var squares = 0.0
            for channel in 0..<width {
              squares += Double(values[base + channel]) * Double(values[base + channel])
            }
            scale = squares > 0 ? (Double(width) / squares).squareRoot() : 0
          }
          for channel in 0..<width { sums[channel] += scale * Double(values[base + channel]) }
        }
      }
    }
    // Cells smaller than a token tell nothing more.
    let finest = fineSide.map { min($0, max(grid.rows, grid.columns)) } ?? 0
    return PooledStage(
      mean: average(1), grid: average(side),
      fine: finest >= side && fineSide != nil ? average(finest, ofOneLength: true) : nil,
      tokens: picture.rows.count)
  }
}
