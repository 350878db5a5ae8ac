package import Runtime

/// A model whose stages can be read, sample by sample.
package protocol ProbedModel: Sendable {
  /// In ladder order, without the pixels.
  var points: [ProbePoint] { get }

  /// Runs `samples` as far as the last of `points` and pools each: [points][samples].
  ///
  /// `gridSide`: cells a side of the grid readout.
  func encode(_ samples: [Sample], at points: [ProbePoint], gridSide: Int) throws -> [[PooledStage]]
}

/// One sample at one point, in its readouts.
package struct PooledStage: Sendable, Equatable {
  /// [width].
  package let mean: [Float]
  /// [gridSide * gridSide * width], cells row by row; `nil` when the stage is a single vector.
  package let grid: [Float]?
  /// The same of more cells, where that was asked for and tokens lie as close.
  package let fine: [Float]?
  package let tokens: Int

  package init(mean: [Float], grid: [Float]?, fine: [Float]? = nil, tokens: Int) {
    self.mean = mean
    self.grid = grid
    self.fine = fine
    self.tokens = tokens
  }
}
