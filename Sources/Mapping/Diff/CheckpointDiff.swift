internal import Tensors

/// How the parameters of two checkpoints differ, whatever names, layouts and dtypes their files have.
///
///     let diff = try CheckpointDiff.between(before, after)
///     diff.summary           // "Vision encoder bit-identical, projector bit-identical, language changed 3.1 %."
///     diff.components[2].figures.relative     // 0.031
///
/// Encodes as JSON with these field names.
public struct CheckpointDiff: Codable, Sendable, Equatable {
  /// What became of a parameter from the first checkpoint to the second.
  public enum Likeness: String, Codable, Sendable, CaseIterable {
    /// The same dtype and the same bits.
    case identical
    /// The same values in another dtype, or in other bits (-0 and 0, codes under other scales).
    case equal
    /// One is the other rounded to its narrower dtype.
    case rounded
    /// Other values.
    case changed

    /// What reports call it, one word a likeness.
    package var word: String { self == .identical ? "bit-identical" : rawValue }
  }

  /// Distances between values `a` of the first checkpoint and `b` of the second, over one tensor or many.
  public struct Figures: Codable, Sendable, Equatable {
    /// Elements compared.
    public let elements: Int
    /// `‖b - a‖ / ‖a‖`; absent when `a` is zero throughout and `b` is not, or values are not finite.
    public let relative: Double?
    /// Cosine of the angle between `a` and `b`; absent when either is zero throughout.
    public let cosine: Double?
    /// `max |b - a|`; absent when values are not finite.
    public let largest: Double?
  }

  /// One parameter that both have.
  public struct Parameter: Codable, Sendable, Equatable {
    public let name: String
    public let component: ModelComponent
    /// Dtypes in the first and in the second checkpoint.
    public let dtypes: [String]
    /// Extents of what is compared: the rows that both have, when one was resized.
    public let shape: [Int]
    public let likeness: Likeness
    public let figures: Figures
    /// The hub's names of the tensors it is made of, in the first and in the second checkpoint.
    public let sources: [[String]]?
  }

  /// The parameters of a component, or of a module such as `vision.blocks.0.attention.query`.
  public struct Group: Codable, Sendable, Equatable {
    public let name: String
    public let tensors: Int
    /// Tensors by what became of them.
    public let identical: Int
    public let equal: Int
    public let rounded: Int
    public let changed: Int
    public let figures: Figures
    /// The modules that a module is made of in the hub's names of the first checkpoint; absent for a component.
    public let sources: [String]?

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
    public var likeness: Likeness {
      changed > 0 ? .changed : rounded > 0 ? .rounded : equal > 0 ? .equal : .identical
    }
  }

  /// One of the two checkpoints.
  public struct Side: Codable, Sendable, Equatable {
    public let path: String
    public let family: String
    public let dialect: String
  }

  /// A parameter with values that are no numbers.
  public struct NotFinite: Codable, Sendable, Equatable {
    public let name: String
    public let inFirst: Bool
    public let inSecond: Bool
  }

  /// A parameter whose extents differ.
  public struct Resized: Codable, Sendable, Equatable {
    public let name: String
    public let shapes: [[Int]]
    /// Leading rows compared; absent when the extents have too little in common.
    public let comparedRows: Int?
  }

  public let first: Side
  public let second: Side
  /// Everything in one sentence.
  public let summary: String
  /// In the order vision, projector, language, other.
  public let components: [Group]
  /// In the order of the forward pass.
  public let modules: [Group]
  public let parameters: [Parameter]
  public let resized: [Resized]
  /// Parameters that hold a NaN or an infinity, on either side.
  public let notFinite: [NotFinite]
  /// Parameters that only one of the two has.
  public let onlyInFirst: [String]
  public let onlyInSecond: [String]
  /// Things to know before reading the figures.
  public let notes: [String]

  /// Whether every value of the two is the same: nothing resized, nothing on one side only.
  public var isSame: Bool {
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
