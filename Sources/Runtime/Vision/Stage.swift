/// A place in the vision side at which activations can be read, in the order in which a run passes them.
package enum Stage: Hashable, Sendable {
  /// What enters block 0: patches, leading tokens and learned positions, after CLIP's pre-norm.
  case embeddings
  /// The residual stream after block `i`.
  case block(Int)
  /// What enters block 0 of a second encoder (OpenVLA).
  case fusedEmbeddings
  /// The residual stream of a second encoder after block `i`.
  case fusedBlock(Int)
  /// Patch tokens of both encoders side by side, as the projector reads them.
  case joined
  /// All tokens after the encoder's final norm.
  case norm
  /// One vector a tile: class token or attention pooling.
  case pooled
  /// Merged features of tap `k` of DeepStack, which are added after block `k` of the language model (Qwen3-VL).
  case deepstack(Int)
  /// Image features as the language model receives them (CLIP: the image embedding before normalisation).
  case projector

  private static let numbered: [(prefix: String, make: @Sendable (Int) -> Stage)] = [
    ("vision.blocks.", { .block($0) }), ("vision.fused.blocks.", { .fusedBlock($0) }),
    ("projector.deepstack.", { .deepstack($0) }),
  ]

  private static let single: [String: Stage] = Dictionary(
    uniqueKeysWithValues: [.embeddings, .fusedEmbeddings, .joined, .norm, .pooled, .projector].map {
      ($0.name, $0)
    })

  /// The tap's name in reference files and reports.
  package var name: String {
    switch self {
    case .embeddings: "vision.embeddings"
    case .block(let index): "vision.blocks.\(index)"
    case .fusedEmbeddings: "vision.fused.embeddings"
    case .fusedBlock(let index): "vision.fused.blocks.\(index)"
    case .joined: "vision.joined"
    case .norm: "vision.norm"
    case .pooled: "vision.pooled"
    case .deepstack(let index): "projector.deepstack.\(index)"
    case .projector: "projector"
    }
  }

  /// The stage that `name` spells, or `nil`.
  package init?(name: String) {
    if let stage = Self.single[name] {
      self = stage
      return
    }
    for (prefix, make) in Self.numbered where name.hasPrefix(prefix) {
      guard let index = Int(name.dropFirst(prefix.count)), index >= 0 else { return nil }
      self = make(index)
      return
    }
    return nil
  }
}

extension Stage: CustomStringConvertible {
  package var description: String { name }
}
