/// What a run left at the stages that it was asked for.
public struct Activations: Sendable {
  private var recorded: [Stage: [StageActivation]]

  init(_ recorded: [Stage: [StageActivation]] = [:]) { self.recorded = recorded }

  /// The stages, in no order.
  public var stages: Set<Stage> { Set(recorded.keys) }

  /// One entry a picture at the stages of encoders and projector, one a sequence at those of the language model.
  ///
  /// Traps for a stage that the run was not asked for.
  public subscript(_ stage: Stage) -> [StageActivation] {
    guard let activations = recorded[stage] else { preconditionFailure("\(stage) was not asked for") }
    return activations
  }

  /// Adds what another part of the model, or the next sequence, left.
  mutating func add(_ other: Activations) {
    recorded.merge(other.recorded) { $0 + $1 }
  }

  /// Only what is at `stages`.
  func only(_ stages: Set<Stage>) -> Activations { Activations(recorded.filter { stages.contains($0.key) }) }
}
