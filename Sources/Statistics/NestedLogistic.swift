internal import Foundation
package import Tensors

/// Classes read by logistic regression in nested, grouped cross-validation: `NestedRidge` for classes.
package struct NestedLogistic: Sendable {
  package let folds: EpisodeFolds
  /// Multiples of the features' mean squared length in the training set, ascending.
  package let lambdas: [Double]

  /// One a decade: each fit is a search, and the log loss is flat about its least.
  package static let defaultLambdas: [Double] = [1e-4, 1e-3, 0.01, 0.1, 1, 10]

  package init(folds: EpisodeFolds, lambdas: [Double] = NestedLogistic.defaultLambdas) {
    precondition(folds.count >= 3 && !lambdas.isEmpty)
    self.folds = folds
    self.lambdas = lambdas
  }

  /// What one feature set gave.
  package struct Fit: Sendable {
    /// Out of fold: [frames, classes]. A class that a training set lacks has 0.
    package var probabilities: Matrix
    /// Index into `lambdas` by outer fold.
    package var chosen: [Int]
    /// Log loss in the inner folds at the chosen lambda, summed over frames, by outer fold.
    package var innerErrors: [Double]

    /// Takes each fold's probabilities from the set with the smaller inner error.
    package static func chosen(_ sets: [Fit], folds: EpisodeFolds) -> Fit {
      var result = sets[0]
      for fold in 0..<folds.count {
        let best = sets.min { $0.innerErrors[fold] < $1.innerErrors[fold] }!
        result.chosen[fold] = best.chosen[fold]
        result.innerErrors[fold] = best.innerErrors[fold]
        result.probabilities.set(rows: folds.frames[fold], to: best.probabilities.rows(folds.frames[fold]))
      }
      return result
    }
  }

  /// - Parameters:
  ///   - classes: of every frame, below `count`.
  ///   - features: [frames, r], centred in the training set that leaves out the folds given.
  package func fit(classes: [Int], count: Int, features: (Set<Int>) -> Matrix) throws(VLMError) -> Fit {
    var errors = Matrix(folds.count, lambdas.count)
    for first in 0..<folds.count {
      for second in first + 1..<folds.count {
        let set = TrainingSet(folds, without: [first, second], features([first, second]), classes)
        let found = try logLosses(set, on: [first, second], classes, count: count)
        for index in lambdas.indices {
          errors[second, index] += found[0][index]
          errors[first, index] += found[1][index]
        }
      }
    }
    var result = Fit(probabilities: Matrix(folds.frameCount, count), chosen: [], innerErrors: [])
    for fold in 0..<folds.count {
      let best = lambdas.indices.min { errors[fold, $0] < errors[fold, $1] }!
      result.chosen.append(best)
      result.innerErrors.append(errors[fold, best])
      let set = TrainingSet(folds, without: [fold], features([fold]), classes)
      let fit = try set.fit(lambdas[best], tolerance: LogisticFit.tight)
      result.probabilities.set(
        rows: folds.frames[fold], to: set.probabilities(fit, folds.frames[fold], count: count))
    }
    return result
  }

  /// Probabilities for `frames` of the last fold, from a fit on all others, which choose lambda among themselves.
  ///
  /// `features`: as in `fit`, of the training set that leaves out one fold.
  package func probabilities(
    classes: [Int], count: Int, ofLast frames: [Int], features: (Int) -> Matrix
  ) throws(VLMError) -> Matrix {
    let last = folds.count - 1
    var errors = [Double](repeating: 0, count: lambdas.count)
    for fold in 0..<last {
      let set = TrainingSet(folds, without: [fold], features(fold), classes)
      let found = try logLosses(set, on: [fold], classes, count: count)[0]
      for index in lambdas.indices { errors[index] += found[index] }
    }
    let best = lambdas.indices.min { errors[$0] < errors[$1] }!
    let set = TrainingSet(folds, without: [last], features(last), classes)
    return set.probabilities(try set.fit(lambdas[best], tolerance: LogisticFit.tight), frames, count: count)
  }

  /// Of the frames of each of `held` that may be trained on, by lambda.
  private func logLosses(
    _ set: TrainingSet, on held: [Int], _ classes: [Int], count: Int
  ) throws(VLMError) -> [[Double]] {
    let frames = held.map { folds.trainedFrames(of: $0) }
    var result = [[Double]](repeating: [Double](repeating: 0, count: lambdas.count), count: held.count)
    var fit: LogisticFit?
    // From the most shrunken on, each near the next.
    for index in lambdas.indices.reversed() {
      let next = try set.fit(lambdas[index], start: fit, tolerance: LogisticFit.loose)
      for (place, frames) in frames.enumerated() {
        let probabilities = set.probabilities(next, frames, count: count)
        result[place][index] = ClassScore.logLoss(probabilities, frames.map { classes[$0] })
      }
      fit = next
    }
    return result
  }

  /// Frames to fit on, with the classes that there are among them.
  private struct TrainingSet {
    /// Of all frames.
    let features: Matrix
    let training: Matrix
    let known: [Int]
    let classes: [Int]
    /// tr(X'X) / frames: the unit of lambda.
    let unit: Double

    init(_ folds: EpisodeFolds, without held: Set<Int>, _ features: Matrix, _ classes: [Int]) {
      let frames = folds.frames(outside: held)
      self.features = features
      training = features.rows(frames)
      known = Set(frames.map { classes[$0] }).sorted()
      let place = Dictionary(uniqueKeysWithValues: zip(known, known.indices))
      self.classes = frames.map { place[classes[$0]]! }
      let power = training.columnSquares().reduce(0, +) / Double(max(frames.count, 1))
      unit = power > 0 ? power : 1
    }

    func fit(_ lambda: Double, start: LogisticFit? = nil, tolerance: Double) throws(VLMError) -> LogisticFit {
      try LogisticFit(
        training, classes: classes, count: known.count, lambda: lambda * unit, start: start,
        tolerance: tolerance)
    }

    func probabilities(_ fit: LogisticFit, _ frames: [Int], count: Int) -> Matrix {
      let found = fit.probabilities(features.rows(frames))
      var result = Matrix(frames.count, count)
      for row in frames.indices {
        for (column, name) in known.enumerated() { result[row, name] = found[row, column] }
      }
      return result
    }
  }
}

/// How well probabilities tell the classes of frames.
package struct ClassScore: Sendable {
  /// Share of frames whose class is the likeliest one.
  package let accuracy: Double
  /// Log loss in bits a frame.
  package let bits: Double
  /// Area under the ROC curve of each class against all others, averaged; `nil` when there is one class only.
  package let auc: Double?

  /// `probabilities`: [frames, classes].
  package init(_ probabilities: Matrix, _ classes: [Int]) {
    let frames = Double(max(classes.count, 1))
    let hits = classes.indices.count { frame in
      let row = probabilities.row(frame)
      return row[row.startIndex + classes[frame]] == row.max()
    }
    accuracy = Double(hits) / frames
    bits = Self.logLoss(probabilities, classes) / frames / log(2)
    let areas = (0..<probabilities.columns).compactMap { name in
      RankScore.auc(probabilities.column(name), classes.map { $0 == name })
    }
    auc = areas.isEmpty ? nil : areas.reduce(0, +) / Double(areas.count)
  }

  /// Summed over frames, in nats; no probability counts for less than f64 tells from 1, as in scikit-learn's `log_loss`.
  static func logLoss(_ probabilities: Matrix, _ classes: [Int]) -> Double {
    classes.enumerated().reduce(0) { $0 - log(max(probabilities[$1.offset, $1.element], .ulpOfOne)) }
  }
}
