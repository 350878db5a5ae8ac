package import Tensors

/// What probes score when the labels of whole episodes are dealt to other episodes.
///
/// Episodes are exchanged within their task where a task has several, and a label sequence is stretched to the
/// length of the episode it goes to, so that the null knows the task and how far the episode is; what it lacks is
/// this very episode. Lambda is chosen anew for every permutation, as for the labels themselves.
package struct PermutationNull: Sendable {
  /// For each permutation, the frame whose label each frame gets.
  package let sources: [[Int]]

  package init(folds: EpisodeFolds, tasks: [Int], count: Int, seed: UInt64) {
    var generator = SeededGenerator(seed: seed, purpose: "permutations")
    var framesOf = [[Int]](repeating: [], count: folds.episodeCount)
    for (frame, episode) in folds.episodeOfFrame.enumerated() { framesOf[episode].append(frame) }
    var pools = Dictionary(grouping: tasks.indices, by: { tasks[$0] }).sorted { $0.key < $1.key }.map(\.value)
    if pools.allSatisfy({ $0.count < 2 }) { pools = [Array(tasks.indices)] }
    sources = (0..<count).map { _ in
      var source = [Int](repeating: 0, count: folds.frameCount)
      for pool in pools {
        for (episode, giver) in zip(pool, generator.shuffled(pool)) {
          for (step, frame) in framesOf[episode].enumerated() {
            source[frame] = framesOf[giver][step * framesOf[giver].count / framesOf[episode].count]
          }
        }
      }
      return source
    }
  }

  package struct Outcome: Sendable, Equatable {
    /// (1 + permutations that score at least as well) / (1 + permutations).
    package let p: Double
    package let mean: Double
  }

  /// `scores`: [frames, r], r small. `groups`: columns of `responses` of each target. One outcome a target.
  package func test(
    _ scores: Matrix, responses: Matrix, groups: [[Int]], ridge: NestedRidge
  ) throws(VLMError) -> [Outcome] {
    let copies = [responses] + sources.map { responses.rows($0) }
    let stacked = Matrix.beside(copies)
    let width = responses.columns
    let allGroups = copies.indices.flatMap { copy in groups.map { $0.map { copy * width + $0 } } }
    let design = PrimalDesign(scores, standardised: false, folds: ridge.folds, fixed: stacked)
    let fit = try ridge.fit(design, fixed: stacked, groups: allGroups)
    let columns = RSquared.columns(fit.predictions, stacked)
    return groups.indices.map { group in
      let values = copies.indices.map { copy in
        RSquared.average(allGroups[copy * groups.count + group].map { columns[$0] })
      }
      let beaten = values.dropFirst().count { $0 >= values[0] }
      return Outcome(
        p: Double(1 + beaten) / Double(values.count), mean: RSquared.average(values.dropFirst()))
    }
  }
}
