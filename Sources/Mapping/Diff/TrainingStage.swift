/// A stage of JARVIS-VLA's training (arXiv 2503.16365), by what it leaves as it is and what it trains.
package enum TrainingStage: String, Codable, Sendable, CaseIterable {
  /// World knowledge: language only.
  case knowledge = "stage-1"
  /// Recognition and grounding: everything.
  case grounding = "stage-2"
  /// Imitation: language only.
  case imitation = "stage-3"

  /// What the paper calls it.
  package var numeral: String {
    switch self {
    case .knowledge: "I"
    case .grounding: "II"
    case .imitation: "III"
    }
  }

  /// The parts of a VLM, in the order of the forward pass.
  static let parts: [ModelComponent] = [.vision, .projector, .language]

  /// Parts claimed to be as they were: all but for the cast to the dtype that was saved.
  package var frozen: [ModelComponent] { self == .grounding ? [] : [.vision, .projector] }
}
