import Foundation
import Statistics
import TestSupport
import Testing

/// Against scikit-learn: fixtures/probes/grouped_r2.json, made by fixtures/oracle/make_grouped_r2.py.
@Suite struct GroupedR2Tests {
  private struct Truth: Decodable {
    let groups: Int
    let r2: [Double]
    let differences: [Double]
    let deleted: [[Double]]
  }

  @Test func equalsScikitLearn() throws {
    let truth = try JSONDecoder().decode(
      Truth.self, from: Data(contentsOf: Fixture.url("probes/grouped_r2.json")))
    let oracle = try RidgeOracle()
    let groups = (0..<oracle.folds.episodeCount).map { $0 % truth.groups }
    let found = GroupedR2(
      try oracle.matrix("narrow.predictions"), try oracle.matrix("targets"),
      episodeOfFrame: oracle.folds.episodeOfFrame, groupOfEpisode: groups)
    // Sums of a few hundred f64 squares.
    for group in 0..<truth.groups {
      #expect(abs(try #require(found.r2[group]) - truth.r2[group]) < 1e-10)
      #expect(abs(try #require(found.differences[group]) - truth.differences[group]) < 1e-10)
      for (episode, row) in truth.deleted.enumerated() {
        #expect(abs(found.deleted[episode, group] - row[group]) < 1e-10)
      }
    }
  }

  /// Episodes of one unit, of whatever groups, are left out together.
  @Test func aUnitIsLeftOutAsAWhole() throws {
    let oracle = try RidgeOracle()
    let (predictions, truth) = (try oracle.matrix("narrow.predictions"), try oracle.matrix("targets"))
    let groups = (0..<oracle.folds.episodeCount).map { $0 % 3 }
    let units = groups.indices.map { $0 / 2 }
    let found = GroupedR2(
      predictions, truth, episodeOfFrame: oracle.folds.episodeOfFrame, groupOfEpisode: groups,
      unitOfEpisode: units)
    #expect(found.deleted.rows == (groups.count + 1) / 2)
    // Against the sums without them, columns in units of their spread over all frames.
    var centred = truth
    centred.subtractFromRows(truth.columnMeans())
    let weights = centred.columnSquares().map { 1 / $0 }
    func r2(without unit: Int, _ isMeant: (Int) -> Bool) -> (error: Double, total: Double) {
      let all = oracle.folds.episodeOfFrame.indices.filter { units[oracle.folds.episodeOfFrame[$0]] != unit }
      return (0..<3).filter(isMeant).reduce(into: (0.0, 0.0)) { sums, group in
        let frames = all.filter { groups[oracle.folds.episodeOfFrame[$0]] == group }
        var (errors, about) = (predictions.rows(frames), truth.rows(frames))
        errors -= about
        about.subtractFromRows(about.columnMeans())
        sums.0 += zip(errors.columnSquares(), weights).reduce(0) { $0 + $1.0 * $1.1 }
        sums.1 += zip(about.columnSquares(), weights).reduce(0) { $0 + $1.0 * $1.1 }
      }
    }
    for unit in 0..<found.deleted.rows {
      for group in 0..<3 {
        let (own, others) = (r2(without: unit) { $0 == group }, r2(without: unit) { $0 != group })
        let expected = others.error / others.total - own.error / own.total
        #expect(abs(found.deleted[unit, group] - expected) < 1e-10)
      }
    }
  }

  /// A group whose labels hardly move is not judged, nor are others by it.
  @Test func whatHardlyVariesIsNotJudged() {
    let truth = Matrix(6, 1, [0, 1, 2, 5, 5.001, 5])
    let predictions = Matrix(6, 1, [0.1, 1, 1.9, 3, 4, 6])
    let found = GroupedR2(
      predictions, truth, episodeOfFrame: [0, 1, 2, 3, 4, 5], groupOfEpisode: [0, 0, 0, 1, 1, 1])
    #expect(abs(found.r2[0]! - 0.99) < 1e-12)
    #expect(found.r2[1] == nil && found.differences == [nil, nil])
  }
}
