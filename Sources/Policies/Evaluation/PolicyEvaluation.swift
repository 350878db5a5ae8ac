internal import Datasets
package import Statistics
package import Tensors

/// How well heads predict the recorded actions of episodes that they were not trained on: open loop.
///
/// Folds hold whole groups of episodes. In each, what a head's training leaves open (its number of steps, the ridge's penalty) is
/// chosen on another fold, from which nothing of the tested one is seen; statistics of actions are of the training episodes.
package struct PolicyEvaluation: Sendable, Codable {
  /// What predicts.
  package enum Predictor: String, Sendable, Codable, CaseIterable {
    /// The head, trained by gradient descent.
    case head
    /// Ridge regression on the query's states: what a linear head could do, in closed form.
    case ridge
    /// The mean of the training episodes' actions: what knows nothing of the picture.
    case mean
  }

  package struct Score: Sendable, Codable {
    package let predictor: Predictor
    /// Mean absolute error of each number of the arm at the first step, in the robot's units.
    package let armErrors: [ClusterEstimate]
    /// The same over all steps of the chunk that were recorded.
    package let chunkErrors: [ClusterEstimate]
    /// 1 - sum of squares / that of the mean, over all numbers of the arm, each divided by its variance: 0 is the mean, 1 perfect.
    package let skill: ClusterEstimate?
    /// Share of steps whose gripper is right.
    package let gripperAccuracy: ClusterEstimate?
  }

  package let columns: [String]
  /// Of these, the ones that are the same in all frames: an error of 0 in them says nothing.
  package let constantColumns: [String]
  package let frames: Int
  package let groups: Int
  package let folds: Int
  package let chunk: Int
  package let scores: [Score]
  /// Steps of training that each fold's inner validation chose.
  package let steps: [Int]
  /// Share of the commoner state of the gripper.
  package let commonerGripper: Double?
}

/// Carries out a `PolicyEvaluation`.
package struct PolicyEvaluator: Sendable {
  package let data: PolicyDemonstrations
  package let states: [Float]
  package let width: Int
  package let actions: ActionOptions
  package let settings: TrainingSettings
  package let folds: EpisodeFolds

  /// Steps of training between two looks at the validation fold.
  private static let patience = 20

  package init(
    _ data: PolicyDemonstrations, states: [Float], width: Int, actions: ActionOptions, settings: TrainingSettings,
    folds count: Int = 5, seed: UInt64 = 0
  ) throws(VLMError) {
    precondition(states.count == data.frameCount * width)
    let demonstrations = data.demonstrations
    folds = EpisodeFolds(
      tasks: demonstrations.episodes.map(\.task), groups: demonstrations.groups,
      episodeOfFrame: demonstrations.episodeOfFrame, count: count, seed: seed)
    guard folds.count >= 3 else {
      throw VLMError(
        .trainingFailed, "\(folds.count) independent episodes are too few to train, choose and test on", file: demonstrations.path,
        remedy: "give at least 3")
    }
    self.data = data
    self.states = states
    self.width = width
    self.actions = actions
    self.settings = settings
  }

  package func run(progress: ProgressHandler? = nil) throws -> PolicyEvaluation {
    var predictions: [PolicyEvaluation.Predictor: [[Double]]] = [:]
    for predictor in PolicyEvaluation.Predictor.allCases {
      predictions[predictor] = [[Double]](repeating: [], count: data.frameCount)
    }
    var chosen: [Int] = []
    for fold in 0..<folds.count {
      let validation = (fold + 1) % folds.count
      let training = folds.frames(outside: [fold])
      let tested = folds.frames[fold]
      let codec = try actions.codec(width: data.width, own: data.statistics(of: training))
      let chunks = data.chunks(codec)
      let steps = try bestSteps(chunks, codec, outside: [fold, validation], on: validation, fold: fold, progress)
      chosen.append(steps)
      let head = try trained(chunks, codec, on: training, steps: steps, fold: fold, progress)
      let output = head(rows(tested), rows: tested.count)
      let mean = meanChunk(training)
      for (row, frame) in tested.enumerated() {
        predictions[.head]![frame] = decoded(output, row, codec, head.layout)
        predictions[.mean]![frame] = mean
      }
    }
    predictions[.ridge] = try ridge()
    let scores = PolicyEvaluation.Predictor.allCases.map { score($0, predictions[$0]!) }
    return PolicyEvaluation(
      columns: data.columns, constantColumns: constantColumns, frames: data.frameCount, groups: Set(data.groupOfFrame).count, folds: folds.count,
      chunk: data.chunk, scores: scores, steps: chosen, commonerGripper: commonerGripper)
  }

  private var constantColumns: [String] {
    data.columns.indices.filter { column in
      stride(from: column, to: data.actions.count, by: data.width).allSatisfy { data.actions[$0] == data.actions[column] }
    }.map { data.columns[$0] }
  }

  // MARK: The head

  private func layout(_ codec: ActionCodec) -> FCDecoder.Layout {
    FCDecoder.Layout(hidden: width, chunk: data.chunk, armDimensions: codec.armDimensions)
  }

  private func rows(_ frames: [Int]) -> [Float] { frames.flatMap { states[$0 * width..<($0 + 1) * width] } }

  private func samples(_ chunks: [ActionChunk], _ frames: [Int]) -> PolicyTrainer.Samples {
    PolicyTrainer.Samples(states: rows(frames), width: width, chunks: frames.map { chunks[$0] })
  }

  private func trained(
    _ chunks: [ActionChunk], _ codec: ActionCodec, on frames: [Int], steps: Int, fold: Int, _ progress: ProgressHandler?
  ) throws -> FCDecoder {
    var trainer = PolicyTrainer(
      FCDecoder(layout(codec), seed: settings.seed), hasGripper: codec.hasGripper, settings: settings)
    let samples = samples(chunks, frames)
    while trainer.step < steps {
      _ = try trainer.advance(over: samples)
      report(fold, settings.steps + trainer.step, progress)
    }
    return trainer.head
  }

  /// The number of steps after which the loss on the validation fold was least.
  private func bestSteps(
    _ chunks: [ActionChunk], _ codec: ActionCodec, outside held: Set<Int>, on validation: Int, fold: Int,
    _ progress: ProgressHandler?
  ) throws -> Int {
    var trainer = PolicyTrainer(
      FCDecoder(layout(codec), seed: settings.seed), hasGripper: codec.hasGripper, settings: settings)
    let training = samples(chunks, folds.frames(outside: held))
    let tested = samples(chunks, folds.frames[validation])
    let every = max(1, settings.steps / Self.patience)
    var best = (loss: Double.infinity, steps: settings.steps)
    while trainer.step < settings.steps {
      _ = try trainer.advance(over: training)
      report(fold, trainer.step, progress)
      guard trainer.step % every == 0 || trainer.step == settings.steps else { continue }
      let output = trainer.head(tested.states, rows: tested.count)
      let loss = try settings.loss(output, tested.chunks, layout: trainer.head.layout, hasGripper: codec.hasGripper).total
      if loss < best.loss { best = (loss, trainer.step) }
    }
    return best.steps
  }

  private func report(_ fold: Int, _ step: Int, _ progress: ProgressHandler?) {
    guard step % 25 == 0 else { return }
    let all = 2 * settings.steps
    progress?(
      ProgressReport(
        activity: "training heads", completed: fold * all + min(step, all), total: folds.count * all, unit: .steps))
  }

  private func decoded(_ output: FCDecoder.Output, _ row: Int, _ codec: ActionCodec, _ layout: FCDecoder.Layout) -> [Double] {
    (0..<layout.chunk).flatMap { step in
      let place = row * layout.chunk + step
      let arm = output.arm[place * layout.armDimensions..<(place + 1) * layout.armDimensions]
      return codec.action(arm: arm.map(Double.init), opens: FCDecoder.opens(output.gripper[place]))
    }
  }

  // MARK: Others

  private func meanChunk(_ training: [Int]) -> [Double] {
    let count = data.chunk * data.width
    var mean = [Double](repeating: 0, count: count)
    for frame in training {
      for place in 0..<count { mean[place] += data.actions[frame * count + place] / Double(training.count) }
    }
    return mean
  }

  /// Ridge on the states, out of fold, its penalties chosen in inner folds.
  private func ridge() throws -> [[Double]] {
    let count = data.chunk * data.width
    let targets = Matrix(data.frameCount, count, data.actions)
    let groups = [Array(0..<count)]
    return try SingleThreadedBLAS.during {
      let design = try Designs.make(
        Matrix(FloatTensor(states, shape: [data.frameCount, width])), standardised: true, folds: folds, fixed: targets)
      let fit = try NestedRidge(folds: folds, lambdas: NestedRidge.defaultLambdas, isParallel: true)
        .fit(design, fixed: targets, groups: groups)
      return (0..<data.frameCount).map { frame in (0..<count).map { fit.predictions[frame, $0] } }
    }
  }

  // MARK: Scores

  private var armCount: Int { data.width - (actions.hasGripper ? 1 : 0) }

  private var gripperThreshold: Double {
    let column = data.width - 1
    let statistics = data.statistics(of: Array(0..<data.frameCount))
    return (statistics.min[column] + statistics.max[column]) / 2
  }

  private var commonerGripper: Double? {
    guard actions.hasGripper else { return nil }
    let threshold = gripperThreshold
    let open = (0..<data.frameCount).count { data.action($0, step: 0)[data.width - 1] > threshold }
    return max(Double(open), Double(data.frameCount - open)) / Double(data.frameCount)
  }

  private func score(_ predictor: PolicyEvaluation.Predictor, _ predictions: [[Double]]) -> PolicyEvaluation.Score {
    let places = Array(Set(data.groupOfFrame)).sorted()
    let indexOf = Dictionary(uniqueKeysWithValues: places.enumerated().map { ($1, $0) })
    func estimate(
      _ steps: Range<Int>, _ transform: (Double) -> Double = { $0 }, _ error: (_ frame: Int, _ step: Int) -> (Double, Double)
    ) -> ClusterEstimate? {
      var parts = [(sum: Double, count: Double)](repeating: (0, 0), count: places.count)
      for frame in 0..<data.frameCount {
        for step in steps where data.mask[frame][step] {
          let (sum, count) = error(frame, step)
          parts[indexOf[data.groupOfFrame[frame]]!].sum += sum
          parts[indexOf[data.groupOfFrame[frame]]!].count += count
        }
      }
      return ClusterEstimate(parts, transform)
    }
    func distance(_ frame: Int, _ step: Int, _ column: Int) -> Double {
      predictions[frame][step * data.width + column] - data.action(frame, step: step)[column]
    }
    let variances = variances()
    func errors(_ steps: Range<Int>) -> [ClusterEstimate] {
      (0..<armCount).compactMap { column in estimate(steps) { (abs(distance($0, $1, column)), 1) } }
    }
    let threshold = actions.hasGripper ? gripperThreshold : 0
    return PolicyEvaluation.Score(
      predictor: predictor, armErrors: errors(0..<1), chunkErrors: errors(0..<data.chunk),
      skill: estimate(0..<data.chunk, { 1 - $0 }) { frame, step in
        var (sum, count) = (0.0, 0.0)
        for column in 0..<armCount where variances[column].value > 0 {
          let d = distance(frame, step, column)
          let away = data.action(frame, step: step)[column] - variances[column].mean
          sum += d * d / variances[column].value
          count += away * away / variances[column].value
        }
        return (sum, count)
      },
      gripperAccuracy: actions.hasGripper
        ? estimate(0..<data.chunk) { frame, step in
          let column = data.width - 1
          let said = predictions[frame][step * data.width + column] > threshold
          return (said == (data.action(frame, step: step)[column] > threshold) ? 1 : 0, 1)
        } : nil)
  }

  /// Mean and variance of each number of the arm over all recorded steps.
  private func variances() -> [(mean: Double, value: Double)] {
    (0..<armCount).map { column in
      let values = (0..<data.frameCount).flatMap { frame in
        (0..<data.chunk).filter { data.mask[frame][$0] }.map { data.action(frame, step: $0)[column] }
      }
      let mean = values.reduce(0, +) / Double(values.count)
      return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count))
    }
  }
}
