/// One curve over the stages of a `LayerPlot`.
package struct Series: Sendable, Equatable {
  /// How a curve is told from the others: by colour, dash and mark at once.
  package enum Role: String, Sendable, CaseIterable {
    case model, compared, random
  }

  /// A score and its interval; bounds are NaN where there are none.
  package struct Point: Sendable, Equatable {
    package var stage: Int
    package var score: Double
    package var lower: Double
    package var upper: Double

    package init(stage: Int, score: Double, lower: Double = .nan, upper: Double = .nan) {
      self.stage = stage
      self.score = score
      self.lower = lower
      self.upper = upper
    }
  }

  package var name: String
  package var role: Role
  /// In the order of the stages; a stage that was not measured has no point.
  package var points: [Point]

  package init(name: String, role: Role, points: [Point]) {
    self.name = name
    self.role = role
    self.points = points
  }
}
