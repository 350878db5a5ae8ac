package import Tensors

/// A step on the way from source tensors to a written one.
package enum ConversionStep: Sendable, Equatable {
  /// A step of a family's rule.
  case transform(Transform)
  /// The steps of a rule, undone.
  case undo([Transform])
  /// Unused here, and kept for the way back.
  case carried
  /// Not in the source: a library insists on it.
  case madeAnew
  /// To F32 from a type that it holds whole, because the container wants it so.
  case widened(DType)
  /// Rows and columns times powers of two, which the layers before and after it undo.
  case rescaled
  /// Rounded to codes of so many bits, with their scales (and biases) beside them.
  case codes(bits: Int, Granularity, hasBias: Bool)

  /// Whether rows become columns.
  package var transposes: Bool {
    let transforms: [Transform] =
      switch self {
      case .transform(let transform): [transform]
      case .undo(let transforms): transforms
      case .carried, .madeAnew, .widened, .rescaled, .codes: []
      }
    return transforms.contains { if case .transpose = $0 { true } else { false } }
  }

  private var text: String {
    switch self {
    case .transform(let transform): transform.text
    case .undo(let transforms): "undo " + transforms.map(\.text).joined(separator: ", ")
    case .carried: "carried along"
    case .madeAnew: "made anew"
    case .widened: "widened to F32"
    case .rescaled: "times powers of two"
    case .codes(let bits, let granularity, let hasBias): "int\(bits)\(hasBias ? " with a bias" : "") per \(granularity)"
    }
  }

  /// As manifests and reports spell all steps of a tensor; none is a change of name at most.
  static func text(of steps: [ConversionStep]) -> String {
    steps.isEmpty ? "rename" : steps.map(\.text).joined(separator: ", ")
  }
}
