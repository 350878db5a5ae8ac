internal import Foundation
package import Tensors

/// How many bits the features save when the targets of whole episodes are sent one block after another (prequential code; Blier
/// and Ollivier 2018, Voita and Titov 2020).
///
/// Sender and receiver have the features. Episodes come in a seeded order; those known double from an eighth to a half of all, and
/// the next block, as long as all before, is coded with what was fitted on them: numbers by a normal density about the ridge
/// prediction, with the variance of the errors in inner folds; classes by logistic regression. The code without features has the
/// mean and variance, or the frequencies, of what is known. The first eighth costs both the same and is left out.
package struct OnlineCode: Sendable {
  private struct Step: Sendable {
    /// Inner folds of what is known; in the last, which is never trained on, all else.
    let folds: EpisodeFolds
    let known: [Int]
    let block: [Int]
  }

  private let steps: [Step]
  private let lambdas: [Double]
  private let rank: Int

  /// Of everything that is coded.
  package var frameCount: Int { steps.reduce(0) { $0 + $1.block.count } }

  /// - Parameters:
  ///   - folds: of all episodes; how many inner folds there are, at most as many as episodes known.
  ///   - lambdas: multiples of tr(A)/p that inner folds choose from.
  ///   - rank: of the directions in which classes are read.
  package init(folds: EpisodeFolds, lambdas: [Double], rank: Int, seed: UInt64) {
    var generator = SeededGenerator(seed: seed, purpose: "online code")
    let order = generator.shuffled(Array(0..<folds.episodeCount))
    let ends = [8, 4, 2, 1].map { max(order.count / $0, 2) }
    var framesOf = [[Int]](repeating: [], count: folds.episodeCount)
    for (frame, episode) in folds.episodeOfFrame.enumerated() { framesOf[episode].append(frame) }
    steps = zip(ends, ends.dropFirst()).filter { $0 < $1 }.map { end, next in
      let inner = min(folds.count, end)
      var ofEpisode = [Int](repeating: inner, count: folds.episodeCount)
      for place in 0..<end { ofEpisode[order[place]] = place % inner }
      let step = EpisodeFolds(
        count: inner + 1, ofEpisode: ofEpisode, episodeOfFrame: folds.episodeOfFrame,
        trained: Set(order.prefix(end)))
      return Step(
        folds: step, known: step.frames(outside: [inner]), block: order[end..<next].flatMap { framesOf[$0] })
    }
    self.lambdas = lambdas
    self.rank = rank
  }

  /// Bits a frame that `features` save: of every group of `responses`' columns, and of every target of classes.
  package func saved(
    _ features: Matrix, responses: Matrix, groups: [[Int]], classes: [(ofFrame: [Int], count: Int)?]
  ) throws(VLMError) -> (numbers: [Double], classes: [Double?]) {
    var numbers = [Double](repeating: 0, count: groups.count)
    var names = classes.map { $0 == nil ? nil : 0.0 }
    for step in steps {
      let design = try Designs.make(features, folds: step.folds, fixed: responses)
      let fits = try (0..<step.folds.count).map { (fold) throws(VLMError) in
        try design.fit(leavingOut: [fold], responses: Responses(fixed: responses))
      }
      for (group, bits) in try bits(step, fits, responses, groups).enumerated() { numbers[group] += bits }
      guard classes.contains(where: { $0 != nil }) else { continue }
      let leading = try fits.map { (fit) throws(VLMError) in try fit.leadingDirections(rank: rank).coordinates
      }
      for (index, classes) in classes.enumerated() {
        guard let classes else { continue }
        names[index]! += try bits(step, leading, classes.ofFrame, count: classes.count)
      }
    }
    let frames = Double(max(frameCount, 1))
    return (numbers.map { $0 / frames }, names.map { $0.map { $0 / frames } })
  }

  /// Saved on one block, by group of columns.
  private func bits(
    _ step: Step, _ fits: [any RidgeFit], _ responses: Matrix, _ groups: [[Int]]
  ) throws(VLMError) -> [Double] {
    var errors = Matrix(lambdas.count, responses.columns)
    for (fold, fit) in fits.dropLast().enumerated() {
      errors += try fit.squaredErrors(onFolds: [fold], lambdas: lambdas.map { $0 * fit.lambdaUnit })[0]
    }
    let fit = fits[fits.count - 1]
    let means = fit.responseMeans
    var known = responses.rows(step.known)
    known.subtractFromRows(means)
    let count = Double(step.known.count)
    let variances = known.columnSquares().map { $0 / count }
    var chosen = [Int](repeating: 0, count: responses.columns)
    for columns in groups {
      let best = lambdas.indices.min { left, right in
        func error(_ lambda: Int) -> Double {
          columns.reduce(0) { $0 + (variances[$1] > 0 ? errors[lambda, $1] / variances[$1] : 0) }
        }
        return error(left) < error(right)
      }
      for column in columns { chosen[column] = best ?? 0 }
    }
    let predictions = try fit.predictions(step.block, lambdas: chosen.map { lambdas[$0] * fit.lambdaUnit })
    return groups.map { columns in
      columns.reduce(0.0) { sum, column in
        // What has not moved yet is coded alike with features and without.
        guard variances[column] > 0 else { return sum }
        let narrow = max(errors[chosen[column], column] / count, 1e-6 * variances[column])
        return step.block.enumerated().reduce(sum) { sum, place in
          let value = responses[place.element, column]
          return sum + Self.bits(value - means[column], variance: variances[column])
            - Self.bits(value - predictions[place.offset, column], variance: narrow)
        }
      }
    }
  }

  /// Of a deviation under a normal density, but for what its unit costs.
  private static func bits(_ deviation: Double, variance: Double) -> Double {
    (log(variance) + deviation * deviation / variance) / 2 / log(2)
  }

  /// Saved on one block. Every class may come at any time: both codes keep one part in known episodes + 1 for all of them alike.
  private func bits(
    _ step: Step, _ features: [Matrix], _ classes: [Int], count: Int
  ) throws(VLMError) -> Double {
    let probabilities = try NestedLogistic(folds: step.folds).probabilities(
      classes: classes, count: count, ofLast: step.block
    ) { features[$0] }
    let episodes = Double(step.folds.isTrained.count { $0 })
    let kept = episodes / (episodes + 1)
    let spare = (1 - kept) / Double(count)
    var frequencies = [Double](repeating: 0, count: count)
    for frame in step.known { frequencies[classes[frame]] += 1 / Double(step.known.count) }
    return step.block.enumerated().reduce(0) { sum, place in
      let name = classes[place.element]
      return sum
        + log2((kept * probabilities[place.offset, name] + spare) / (kept * frequencies[name] + spare))
    }
  }
}
