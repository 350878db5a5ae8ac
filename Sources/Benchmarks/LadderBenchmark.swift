internal import Features
internal import Foundation
internal import Probing
internal import Statistics
package import Tensors

/// Times the statistics of `probe encoder` on a simulated ladder of a full-size model: every score, contrast, verdict, learning
/// curve and map, with no encoder behind them.
///
/// A state moves through each episode; the targets are linear in it. Every stage holds the state in all its cells beside noise,
/// until the projector drops half of it: the verdict has to name the projector for every target, and the curves have to fall there.
package struct LadderBenchmark: Encodable, Sendable {
  /// How large the problem is.
  package struct Size: Encodable, Sendable {
    package var frames = 780
    package var episodes = 60
    /// Vision blocks, the vision norm, the projector, language blocks, the last norm, and its last token.
    package var stages = 60
    /// Channels of a token.
    package var width = 2048
    /// Columns of each target: positions, a rotation, a gripper, an action, a chunk of 8 actions, object poses and relations.
    package var targetColumns = [3, 2, 7, 6, 56, 9, 6, 1]

    package init() {}
  }

  package let extent: Size
  package let threads: Int
  /// How the tokens of a stage are read: every stage in all three ways, but the last token, which is one vector.
  package let readouts: [String]
  /// Stages of the model and of its random twin, each in each of its readouts, that were fitted.
  package let featureSets: Int
  /// From features to findings, curves and maps; drawing the features is within.
  package let seconds: Double
  /// Of all cores together.
  package let cpuSeconds: Double
  /// Of that, what drawing the features took, which a cache of a real model's would read instead.
  package let drawingSeconds: Double
  /// R2 of the grid readout.
  package let rSquared: Drop
  /// What the verdict of every target names.
  package let module: String

  package struct Drop: Encodable, Sendable {
    /// At the vision norm, of the target that is read worst.
    package let before: Double
    /// At the projector, of the target that is read best.
    package let after: Double
  }

  /// - Throws: `VLMError` of code `benchmark.wrong` when a verdict or a score is not the planted one.
  package init(_ extent: Size = Size(), progress: ProgressHandler? = nil) throws {
    let simulation = Simulation(extent)
    let problem = try simulation.problem()
    var settings = ProbeSettings()
    settings.attends = true
    let (start, cpu) = (ContinuousClock.now, Self.seconds(on: CLOCK_PROCESS_CPUTIME_ID))
    let findings = try ProbeEvaluation.run(problem, settings: settings, progress: progress)
    _ = try ProbeEvaluation.learning(problem, findings, seed: settings.seed, progress: progress)
    _ = try ProbeEvaluation.maps(problem, findings, settings: settings, progress: progress)
    seconds = (ContinuousClock.now - start) / .seconds(1)
    cpuSeconds = Self.seconds(on: CLOCK_PROCESS_CPUTIME_ID) - cpu
    drawingSeconds = simulation.trained.secondsDrawn + simulation.random.secondsDrawn
    self.extent = extent
    threads = Parallel.threads
    readouts = [Readout.mean, .grid, .attentive].map(\.rawValue)
    let sets = findings.scores.filter { $0.readout != .chosen && $0.readout != .vector && $0.encoder != .none }
    featureSets = Set(sets.map { "\($0.encoder) \($0.stage) \($0.readout)" }).count
    func r2(_ stage: String) -> [Double] {
      findings.scores.filter { $0.encoder == .trained && $0.stage == stage && $0.readout == .grid }.map(\.r2)
    }
    let drop = Drop(before: r2("vision.norm").min() ?? 0, after: r2("projector").max() ?? 1)
    rSquared = drop
    module = ProbeModule.projector.id
    let wrong = findings.verdicts.filter { $0.outcome != .bottleneck || $0.modules != [.projector] }
    guard wrong.isEmpty, drop.before > 0.9, drop.after < 0.8 else {
      throw VLMError(
        .benchmarkWrong,
        "half of the state was dropped by the projector, and the statistics say "
          + (wrong.first.map { "of \($0.target): \($0.sentence)" }
            ?? "R2 of \(drop.before) before it and \(drop.after) after it"),
        remedy: "times of wrong answers mean nothing; this is a fault of this build or machine")
    }
  }

  /// What a thread, or all of this process, has computed so far.
  static func seconds(on clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
