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
    package var lower = Double.nan
    package var upper = Double.nan
  }

  package var name: String
  package var role: Role
  /// In the order of the stages; a stage that was not measured has no point.
  package var points: [Point]
}
