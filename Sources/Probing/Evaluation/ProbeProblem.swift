package import Features
package import Statistics
internal import Tensors

/// Everything the statistics need, with no encoder or file behind it: tests plant what they like here.
package struct ProbeProblem: Sendable {
  /// Task of each episode.
  package var tasks: [Int]
  /// By episode; those of one group go into one fold.
  package let episodeGroups: [Int]
  /// Of each task.
  package var instructions: [String]
  /// Whether episodes are images of no common scene, each with a control label of its own.
  package var isOfImages = false
  package var episodeOfFrame: [Int]
  package var targets: [ResolvedTarget]
  /// B in each form that a target needs: [frames, columns].
  package var baselines: [Baseline: Matrix]
  /// R: what fixed features of the frames hold, the ceiling of what an encoder can.
  package var frames: FrameKernels
  /// What reference encoders make of the frames, which joins R.
  package var references: [FrameKernels] = []
  /// O: [frames, columns]; `nil` when no state was recorded.
  package var oracle: Matrix?
  package var pixels: any FeatureSource
  package var trained: any FeatureSource
  package var randomlyInitialised: any FeatureSource
  package var comparison: (any FeatureSource)?

  package init(
    tasks: [Int], groups: [Int]? = nil, instructions: [String], episodeOfFrame: [Int],
    targets: [ResolvedTarget],
    baselines: [Baseline: Matrix], frames: FrameKernels, oracle: Matrix?, pixels: any FeatureSource,
    trained: any FeatureSource, randomlyInitialised: any FeatureSource, comparison: (any FeatureSource)? = nil
  ) {
    self.tasks = tasks
    episodeGroups = groups ?? Array(tasks.indices)
    self.instructions = instructions
    self.episodeOfFrame = episodeOfFrame
    self.targets = targets
    self.baselines = baselines
    self.frames = frames
    self.oracle = oracle
    self.pixels = pixels
    self.trained = trained
    self.randomlyInitialised = randomlyInitialised
    self.comparison = comparison
  }

  /// The forms of B that the targets need, each once.
  package var baselineForms: [Baseline] {
    Baseline.allCases.filter { form in targets.contains { $0.baseline == form } }
  }

  package var frameCount: Int { episodeOfFrame.count }
  package var taskOfFrame: [Int] { episodeOfFrame.map { tasks[$0] } }

  /// All targets side by side, then their control tasks: [frames, columns].
  package func responses(controls: [ControlTask]) -> Matrix {
    .beside(targets.map(\.values) + controls.map(\.labels))
  }

  /// Columns of `responses` that belong to each target.
  package var groups: [[Int]] {
    var groups: [[Int]] = []
    var next = 0
    for count in targets.map(\.columns.count) {
      groups.append(Array(next..<next + count))
      next += count
    }
    return groups
  }

  /// Errors in the units of the targets, with the target that each is of.
  package var unitErrors: [(target: Int, errors: UnitErrors)] {
    targets.enumerated().flatMap { target, resolved in resolved.errors.map { (target, $0) } }
  }

  /// The modules that the trained model's stages belong to.
  package var ladder: ProbeLadder { ProbeLadder(trained.stages) }
}
