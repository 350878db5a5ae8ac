internal import Tensors

/// How the parameters of two checkpoints differ, whatever names, layouts and dtypes their files have.
///
///     let diff = try CheckpointDiff.between(before, after)
///     diff.summary           // "Vision encoder bit-identical, projector bit-identical, language changed 3.1 %."
///     diff.components[2].figures.relative     // 0.031
///
/// Encodes as JSON with these field names.
package struct CheckpointDiff: Codable, Sendable, Equatable {
  /// What became of a parameter from the first checkpoint to the second.
  package enum Likeness: String, Codable, Sendable, CaseIterable {
    /// The same dtype and the same bits.
    case identical
    /// The same values in another dtype, or in other bits (-0 and 0, codes under other scales).
    case equal
    /// One is the other rounded to its dtype, which is no wider.
    case rounded
    /// Other values.
    case changed

    /// What reports call it, one word a likeness.
    package var word: String { self == .identical ? "bit-identical" : rawValue }
  }

  /// Distances between values `a` of the first checkpoint and `b` of the second, over one tensor or many.
  package struct Figures: Codable, Sendable, Equatable {
    /// Elements compared.
    package let elements: Int
    /// `‖b - a‖ / ‖a‖`; absent when `a` is zero throughout and `b` is not, or values are not finite.
    package let relative: Double?
    /// Cosine of the angle between `a` and `b`; absent when either is zero throughout.
    package let cosine: Double?
    /// `max |b - a|`; absent when values are not finite.
    package let largest: Double?
  }

  /// One parameter that both have.
  package struct Parameter: Codable, Sendable, Equatable {
    package let name: String
    package let component: ModelComponent
    /// Dtypes in the first and in the second checkpoint.
    package let dtypes: [String]
    /// Extents of what is compared: the rows that both have, when one was resized.
    package let shape: [Int]
    package let likeness: Likeness
    package let figures: Figures
    /// The hub's names of the tensors it is made of, in the first and in the second checkpoint.
    package let sources: [[String]]?
  }

  /// The parameters of a component, or of a module such as `vision.blocks.0.attention.query`.
  package struct Group: Codable, Sendable, Equatable {
    package let name: String
    package let tensors: Int
    /// Tensors by what became of them.
    package let identical: Int
    package let equal: Int
    package let rounded: Int
    package let changed: Int
    package let figures: Figures
    /// The modules that a module is made of in the hub's names of the first checkpoint; absent for a component.
    package let sources: [String]?

    /// How many tensors that became of.
    package func count(of likeness: Likeness) -> Int {
      switch likeness {
      case .identical: identical
      case .equal: equal
      case .rounded: rounded
      case .changed: changed
      }
    }

    /// The worst that became of any tensor.
    package var likeness: Likeness {
      changed > 0 ? .changed : rounded > 0 ? .rounded : equal > 0 ? .equal : .identical
    }
  }

  /// One of the two checkpoints.
  package struct Side: Codable, Sendable, Equatable {
    package let path: String
    package let family: String
    package let dialect: String
  }

  /// A parameter with values that are no numbers.
  package struct NotFinite: Codable, Sendable, Equatable {
    package let name: String
    package let inFirst: Bool
    package let inSecond: Bool
  }

  /// A parameter whose extents differ.
  package struct Resized: Codable, Sendable, Equatable {
    package let name: String
    package let shapes: [[Int]]
    /// Leading rows compared; absent when the extents have too little in common.
    package let comparedRows: Int?
  }

  package let first: Side
  package let second: Side
  /// Everything in one sentence.
  package let summary: String
  /// In the order vision, projector, language, other.
  package let components: [Group]
  /// In the order of the forward pass.
  package let modules: [Group]
  package let parameters: [Parameter]
  package let resized: [Resized]
  /// Parameters that hold a NaN or an infinity, on either side.
  package let notFinite: [NotFinite]
  /// Parameters that only one of the two has.
  package let onlyInFirst: [String]
  package let onlyInSecond: [String]
  /// Things to know before reading the figures.
  package let notes: [String]
  /// Which stages of training may lie between the two; absent where that cannot be told.
  package let stages: StageProof?
  /// Why it cannot.
  package let stagesUntold: String?

  /// Whether every value of the two is the same: nothing resized, nothing on one side only.
  package var isSame: Bool {
    resized.isEmpty && onlyInFirst.isEmpty && onlyInSecond.isEmpty
      && parameters.allSatisfy { $0.likeness == .identical || $0.likeness == .equal }
  }
}

extension CheckpointDiff.Figures {
  init(_ comparison: FloatComparison, elements: Int) {
    self.elements = elements
    relative = comparison.relative.isFinite ? comparison.relative : nil
    cosine = comparison.cosine
    largest = comparison.largest.isFinite ? comparison.largest : nil
  }
}
