internal import Features
internal import Statistics

/// One feature set to be scored.
enum ProbeJob: Hashable, Sendable {
  /// A stage by itself; pixels are stage 0 of encoder `.none`.
  case stage(ProbeScore.EncoderRole, Int, Readout)
  /// A stage of the trained encoder with the task.
  case stageWithTask(Int, Readout)
  /// S(O, L*).
  case oracle
  /// S(B, L*).
  case floor(Baseline)
  /// S(O, B, L*).
  case ceiling(Baseline)

  /// Whether it takes longer than most.
  var isLong: Bool {
    switch self {
    case .stage(_, _, .mean): false
    case .stage, .stageWithTask, .oracle, .floor, .ceiling: true
    }
  }
}

/// What a job gives.
struct ProbeJobResult: Sendable {
  let score: FeatureSetScore
  /// Permutation null by target, where it was asked for.
  let null: [PermutationNull.Outcome]?
}
