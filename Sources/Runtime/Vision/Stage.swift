/// A place in the vision side at which activations can be read, in the order in which a run passes them.
package enum Stage: Hashable, Sendable {
  /// What enters block 0: patches, class token and learned positions, after CLIP's pre-norm.
  case embeddings
  /// The residual stream after block `i`.
  case block(Int)
  /// All tokens after the encoder's final norm.
  case norm
  /// One vector an image: class token or attention pooling.
  case pooled
  /// Image features as the language model receives them (CLIP: the image embedding before normalisation).
  case projector

  /// The tap's name in reference files and reports.
  package var name: String {
    switch self {
    case .embeddings: "vision.embeddings"
    case .block(let index): "vision.blocks.\(index)"
    case .norm: "vision.norm"
    case .pooled: "vision.pooled"
    case .projector: "projector"
    }
  }

  /// The stage that `name` spells, or `nil`.
  package init?(name: String) {
    switch name {
    case "vision.embeddings": self = .embeddings
    case "vision.norm": self = .norm
    case "vision.pooled": self = .pooled
    case "projector": self = .projector
    default:
      let prefix = "vision.blocks."
      guard name.hasPrefix(prefix), let index = Int(name.dropFirst(prefix.count)), index >= 0 else {
        return nil
      }
      self = .block(index)
    }
  }
}

extension Stage: CustomStringConvertible {
  package var description: String { name }
}
