public import Features
package import Tensors

/// Every number that `vlmtool probe encoder` finds, and what may be said from them.
///
/// Scores are out-of-fold R2 from ridge probes, nested and grouped by episode.
/// `--json` prints this value.
public struct ProbeReport: Encodable, Sendable, Equatable {
  package var formatVersion: Int
  /// The checkpoint.
  public var subject: ProbeSubject
  /// The one that it is compared with.
  public var comparisonSubject: ProbeSubject?
  /// Encoders that say what the frames hold, beside fixed features; empty without any.
  public var referenceSubjects: [ProbeSubject]
  /// What decided the numbers besides checkpoints and data.
  public var settings: ProbeSettings
  package var data: ProbeDataFacts
  /// What was probed for.
  public var targets: [ProbeTargetFacts]
  /// In ladder order.
  public var stages: [ProbeStage]
  /// Every stage, readout and target of every encoder.
  public var scores: [ProbeScore]
  /// One for each target, in the order of `targets`.
  package var references: [TargetReferences]
  /// What each module loses, by target.
  public var contrasts: [ProbeContrast]
  /// One for each target, in the order of `targets`.
  public var verdicts: [ProbeVerdict]
  /// The verdict over all targets.
  public var overall: ProbeVerdict
  /// What the instruction is to each target; empty unless that was asked for.
  public var instructions: [InstructionContrast]
  /// Every target in every task, where there are several of enough episodes.
  public var byTask: [ProbeTaskScore]
  /// Tasks that are surely read worse than the others, a sentence each.
  public var taskSentences: [String]
  /// Every target with fewer episodes to train on, of the frames and of what is left from each module's output on.
  public var learning: [ProbeLearningCurve]
  /// Whether more episodes would read more.
  public var learningSentence: String?
  /// Where in the picture the targets can be read.
  public var maps: ProbeMaps?
  /// Of targets that are positions, one episode as it was and as it is read.
  public var traces: [ProbeTrace]
  /// The same in example frames; `nil` where no target is a place in the world.
  public var projections: ProbeProjections?
  /// What the second checkpoint costs, by stage and target; empty without one.
  public var comparison: [ProbeComparison]
  /// The same in one sentence.
  public var comparisonSentence: String?
  /// What the numbers do not show, a sentence each; always to be printed.
  public var caveats: [String]
  /// Choices and oddities worth knowing, a sentence each (dropped columns, assumed lag, rebuilt cache).
  public var notes: [String]
  @OfThisRun package var timings: [ProbeTiming]
  package var thumbnail: ProbeThumbnail

  package init(
    formatVersion: Int = 3, subject: ProbeSubject, comparisonSubject: ProbeSubject? = nil,
    referenceSubjects: [ProbeSubject] = [],
    settings: ProbeSettings, data: ProbeDataFacts, targets: [ProbeTargetFacts], stages: [ProbeStage],
    scores: [ProbeScore], references: [TargetReferences], contrasts: [ProbeContrast],
    verdicts: [ProbeVerdict], overall: ProbeVerdict, instructions: [InstructionContrast] = [],
    byTask: [ProbeTaskScore] = [],
    taskSentences: [String] = [],
    learning: [ProbeLearningCurve] = [], learningSentence: String? = nil,
    maps: ProbeMaps? = nil, traces: [ProbeTrace] = [], projections: ProbeProjections? = nil,
    comparison: [ProbeComparison] = [],
    comparisonSentence: String? = nil, caveats: [String], notes: [String], timings: [ProbeTiming],
    thumbnail: ProbeThumbnail
  ) {
    self.formatVersion = formatVersion
    self.subject = subject
    self.comparisonSubject = comparisonSubject
    self.referenceSubjects = referenceSubjects
    self.settings = settings
    self.data = data
    self.targets = targets
    self.stages = stages
    self.scores = scores
    self.references = references
    self.contrasts = contrasts
    self.verdicts = verdicts
    self.overall = overall
    self.instructions = instructions
    self.byTask = byTask
    self.taskSentences = taskSentences
    self.learning = learning
    self.learningSentence = learningSentence
    self.maps = maps
    self.traces = traces
    self.projections = projections
    self.comparison = comparison
    self.comparisonSentence = comparisonSentence
    self.caveats = caveats
    self.notes = notes
    self.timings = timings
    self.thumbnail = thumbnail
  }

  /// The modules that were probed, in order.
  package var modules: [ProbeModule] { ProbeLadder(stages).modules }

  /// The scores of one encoder in one readout for one target, in ladder order.
  package func curve(
    _ encoder: ProbeScore.EncoderRole, _ readout: Readout, target: String
  ) -> [(stage: ProbeStage, score: ProbeScore)] {
    stages.compactMap { stage in
      scores.first {
        $0.stage == stage.name && $0.encoder == (stage.kind == .pixels ? .none : encoder)
          && $0.readout == readout && $0.target == target
      }.map { (stage, $0) }
    }
  }
}
