import Probing
import Statistics
import Testing

@Suite struct UnitLossesTests {
  /// Of one column the mean squared errors differ by the loss in R2 times the column's variance.
  @Test func agreeWithTheLossInR2() throws {
    var problem = try PlantedProblem.make(.projectorRank(2), seed: 3)
    let column = problem.targets[0].values.columns([0])
    problem.targets = [ResolvedTarget(.observation("planted"), columns: ["a"], values: column)]
    let contrasts = try ProbeEvaluation.run(problem, settings: PlantedProblem.settings(seed: 3)).contrasts
    var centred = column
    centred.subtractFromRows(column.columnMeans())
    let variance = centred.columnSquares()[0] / Double(column.rows)
    #expect(contrasts.count == 2)
    for contrast in contrasts {
      let loss = try #require(contrast.units.first)
      #expect(contrast.units.count == 1 && loss.unit == .recorded)
      let squares = loss.after * loss.after - loss.before * loss.before
      #expect(abs(squares - contrast.value * variance) < 1e-9 * variance)
      #expect(
        loss.interval.lower <= loss.after - loss.before && loss.after - loss.before <= loss.interval.upper)
    }
    let projector = try #require(contrasts.last)
    #expect(projector.interval.lower > 0.02 && projector.units[0].interval.lower > 0)
  }
}
