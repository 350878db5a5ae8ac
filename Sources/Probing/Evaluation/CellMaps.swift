internal import Features
package import Statistics
package import Tensors

/// What every cell of the modules' outputs tells by itself of the targets: nested ridge on one cell's channels at a time.
///
/// Channels are brought to their leading components over all cells and frames first, the same in every cell and without a
/// look at labels, so that a cell costs little however wide a token is.
package enum CellMaps {
  /// Components of a token; a small encoder's 96 channels lie in about as many.
  package static let rank = 32

  /// By module in ladder order, of outputs that are grids.
  package static func of(
    _ problem: ProbeProblem, folds: EpisodeFolds, settings: ProbeSettings, progress: ProgressHandler? = nil
  ) throws -> [ProbeMaps.Map] {
    let groups = problem.groups
    let responses = Matrix.beside(problem.targets.map(\.values))
    let ridge = NestedRidge(folds: folds, lambdas: settings.lambdas)
    let rungs = problem.ladder.rungs.filter { problem.trained.stages[$0.exit].hasGrid }
    return try rungs.enumerated().flatMap { place, rung in
      progress?(
        ProgressReport(
          activity: "reading cell by cell", completed: place, total: rungs.count, unit: .steps))
      let stage = problem.trained.stages[rung.exit]
      guard let features = try problem.trained.features(rung.exit, stage.finest) else {
        return [ProbeMaps.Map]()
      }
      let cells = features.rowWidth / stage.width
      let tokens = try components(features, cells: cells, seed: settings.seed)
      let scores = try Parallel.map(cells) { cell in
        let own = tokens.rows(stride(from: cell, to: tokens.rows, by: cells).map { $0 })
        let fit = try ridge.fit(
          Designs.make(own, folds: folds, fixed: responses), fixed: responses, groups: groups)
        let columns = RSquared.columns(fit.predictions, responses)
        return groups.map { group in RSquared.average(group.map { columns[$0] }) }
      }
      return problem.targets.enumerated().map { index, target in
        ProbeMaps.Map(
          target: target.target.id, module: rung.module, stage: stage.name, side: side(of: cells),
          r2: scores.map { $0[index] })
      }
    }
  }

  /// [frames * cells, components] of [frames, cells * channels].
  static func components(_ features: FloatTensor, cells: Int, seed: UInt64) throws(VLMError) -> Matrix {
    try LeadingComponents.scores(
      StandardisedTokens(StandardisedFeatures(features, cells: cells)), rank: rank, seed: seed)
  }

  private static func side(of cells: Int) -> Int {
    (1...cells).first { $0 * $0 >= cells } ?? 1
  }
}
