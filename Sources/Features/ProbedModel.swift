package import Images

/// An encoder whose stages can be read, image by image.
package protocol ProbedEncoder: Sendable {
  /// Stages in ladder order, without the pixels.
  var stages: [StageName] { get }

  /// Runs `images` and pools every stage: [stages][images].
  ///
  /// `gridSide`: cells a side of the grid readout.
  func encode(_ images: [RGBImage], gridSide: Int) throws -> [[PooledStage]]
}

/// A stage before anything has been run.
package struct StageName: Sendable, Equatable {
  package let name: String
  package let kind: ProbeStage.Kind

  package init(name: String, kind: ProbeStage.Kind) {
    self.name = name
    self.kind = kind
  }
}

/// One image at one stage, in both readouts.
package struct PooledStage: Sendable, Equatable {
  /// [width].
  package let mean: [Float]
  /// [gridSide * gridSide * width], cells row by row; `nil` when the stage is a single vector.
  package let grid: [Float]?
  package let tokens: Int

  package init(mean: [Float], grid: [Float]?, tokens: Int) {
    self.mean = mean
    self.grid = grid
    self.tokens = tokens
  }
}
