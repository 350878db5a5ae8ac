public import Mapping

/// Why a tensor keeps its own dtype.
public enum KeepReason: Sendable, Hashable, Codable, CustomStringConvertible {
  /// Embeddings, norms, biases, the patch embedding: small or sensitive, and no linear layer.
  case notLinear
  /// The head over the vocabulary, whose rounding goes straight into the choice of the next token.
  case head
  /// Outside the parts that `--only` selects.
  case notSelected
  /// Selected by a `--keep` pattern.
  case pattern(String)
  /// The output format cannot hold this layer in codes; says why.
  case format(String)

  /// In a few words.
  public var description: String {
    switch self {
    case .notLinear: "not a linear layer"
    case .head: "head over the vocabulary"
    case .notSelected: "outside --only"
    case .pattern(let text): "--keep \(text)"
    case .format(let why): why
    }
  }
}

/// What happens to one weight, settled before any work starts.
public struct LayerDecision: Sendable, Codable {
  /// The runtime parameter, or for compressed-tensors the source's tensor.
  public let name: String
  /// Its modules in the checkpoint's own names; for compressed-tensors in the runtime's. Absent where they are the same.
  package let aliases: [String]?
  /// The part of the model.
  public let component: ModelComponent
  package let dtype: String
  package let shape: [Int]
  /// `nil` when the layer is quantized.
  public let keptBecause: KeepReason?
  /// `channel` or `group`, when the layer is quantized.
  package let strategy: String?
  package let groupSize: Int?
  /// Set when the layer could not have the granularity that was asked for and why.
  public let fallback: String?
  package let bytesBefore: Int
  package let bytesAfter: Int

  package var isQuantized: Bool { keptBecause == nil }

  /// Whether it is a linear layer that stays in floating point.
  package var isKeptLayer: Bool { keptBecause != nil && keptBecause != .notLinear }
}
