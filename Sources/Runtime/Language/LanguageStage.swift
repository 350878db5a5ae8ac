/// A place in the language model at which activations can be read, in the order in which a run passes them.
package enum LanguageStage: Hashable, Sendable {
  /// What enters block 0: token embeddings, scaled where the family does, with image features put in.
  case embeddings
  /// The residual stream after block `i`, before any DeepStack features are added.
  case block(Int)
  /// All tokens after the final norm.
  case norm
  /// What the head makes of them, before any soft cap.
  case logits

  /// The tap's name in reference files and reports.
  package var name: String {
    switch self {
    case .embeddings: "language.embeddings"
    case .block(let index): "language.blocks.\(index)"
    case .norm: "language.norm"
    case .logits: "logits"
    }
  }
}

extension LanguageStage: CustomStringConvertible {
  package var description: String { name }
}
