package import Tensors

/// Resamples of episodes with replacement, and what the probes would score if refitted on each.
///
/// A refit needs no frame: the statistics of each episode, in the leading directions of the training fold, are
/// weighted by how often the episode was drawn and added. Directions beyond `rank` keep their weights; lambda
/// stays what the inner folds chose.
package struct EpisodeBootstrap: Sendable {
  /// How often each episode was drawn, [resamples, episodes].
  package let weights: Matrix
  package let rank: Int
  /// How many of the fixed responses are refitted, the first ones.
  package let responses: Int

  package var count: Int { weights.rows }

  /// Draws as many episodes as there are, `count` times. The same draws serve every stage and encoder, which pairs them.
  package init(episodes: Int, count: Int, rank: Int, responses: Int, seed: UInt64) {
    var weights = Matrix(count, episodes)
    var generator = SeededGenerator(seed: seed, purpose: "bootstrap")
    for resample in 0..<count {
      for _ in 0..<episodes { weights[resample, generator.index(below: episodes)] += 1 }
    }
    self.weights = weights
    self.rank = rank
    self.responses = responses
  }

  /// Weighted sums of squared errors on the test episodes of `fold` after refitting on the others: [resamples, q], q
  /// being those refitted. `leading`: the fit's directions in which weights move.
  package func refit(
    _ fit: any RidgeFit, along leading: LeadingDirections, responses: Responses, lambdas: [Double],
    folds: EpisodeFolds, fold: Int
  ) throws(VLMError) -> Matrix {
    let z = leading.coordinates
    let q = self.responses
    // What the leading directions are to explain: the response less its mean and the part the others predict.
    let all = Array(0..<folds.frameCount)
    var rest = responses.rows(all)
    rest -= try fit.predictions(all, lambdas: lambdas)
    rest += z.times(
      leadingWeights(leading, fit.responseMeans, responses, lambdas, training: folds.frames(outside: [fold])))
    let statistics = EpisodeStatistics(z, rest.columns(0..<q), folds: folds)

    let episodes = folds.ofEpisode.indices
    func drawn(_ episodes: [Int]) -> Matrix {
      weights.columns(episodes).times(statistics.packed.rows(episodes))
    }
    let training = drawn(episodes.filter { folds.ofEpisode[$0] != fold })
    let test = drawn(episodes.filter { folds.ofEpisode[$0] == fold })
    let shared = Dictionary(grouping: 0..<q, by: { lambdas[$0] }).sorted { $0.key < $1.key }
      .map { (lambda: $0.key, columns: $0.value) }
    var result = Matrix(count, q)
    for resample in 0..<count {
      let errors = statistics.layout.refittedErrors(
        training: training.row(resample), test: test.row(resample), lambdas: shared)
      for column in 0..<q { result[resample, column] = errors[column] }
    }
    return result
  }

  /// Sums of squares of each response about its mean, over the episodes drawn: [resamples, q].
  package func totals(_ responses: Matrix, folds: EpisodeFolds) -> Matrix {
    var centred = responses
    centred.subtractFromRows(responses.columnMeans())
    let q = responses.columns
    var sums = Matrix(folds.episodeCount, 1 + 2 * q)
    for (frame, episode) in folds.episodeOfFrame.enumerated() {
      sums[episode, 0] += 1
      for column in 0..<q {
        sums[episode, 1 + column] += centred[frame, column]
        sums[episode, 1 + q + column] += centred[frame, column] * centred[frame, column]
      }
    }
    let drawn = weights.times(sums)
    var result = Matrix(count, q)
    for resample in 0..<count {
      for column in 0..<q {
        let (sum, power) = (drawn[resample, 1 + column], drawn[resample, 1 + q + column])
        let spread = power - sum * sum / max(drawn[resample, 0], 1)
        // A class of which no episode was drawn is constant but for rounding.
        result[resample, column] = spread > 1e-12 * power ? spread : 0
      }
    }
    return result
  }

  /// The weights that the unweighted fit gives the leading coordinates, [r, q]: these are orthogonal in the
  /// training set, so each weight is `z'y / (s + lambda)`.
  private func leadingWeights(
    _ leading: LeadingDirections, _ means: [Double], _ responses: Responses, _ lambdas: [Double],
    training: [Int]
  ) -> Matrix {
    var centred = responses.rows(training)
    centred.subtractFromRows(means)
    var weights = leading.coordinates.rows(training).times(centred, transposingSelf: true)
    for (row, eigenvalue) in leading.eigenvalues.enumerated() {
      for column in lambdas.indices { weights[row, column] /= eigenvalue + lambdas[column] }
    }
    return weights
  }
}
