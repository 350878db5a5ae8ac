package import Tensors

/// What became of every source tensor, and what fills every parameter.
public struct Coverage: Sendable {
  /// Source tensors that together fill parameters by one rule.
  public struct Claim: Sendable, Equatable {
    /// Tensors of the file.
    public let sources: [String]
    /// Parameters of the runtime.
    public let parameters: [String]
    /// The rule's steps; none where tensors are only renamed.
    package let transforms: [Transform]
  }

  /// A source tensor that nothing reads.
  public struct Ignored: Sendable, Equatable, Codable {
    /// Its name in the file.
    public let tensor: String
    /// Why it is not read.
    public let reason: String
  }

  /// A source tensor or a parameter, and what is wrong with it.
  public struct Defect: Sendable, Equatable, Codable {
    /// Its name in the file, or in the runtime.
    public let name: String
    /// What is wrong with it.
    public let message: String
  }

  /// In the order of the claims' first parameters.
  public internal(set) var claims: [Claim] = []
  /// Source tensors that a rule leaves out.
  public internal(set) var ignored: [Ignored] = []
  /// Source tensors that no rule knows, or that belong to a part the configuration does not have.
  public internal(set) var unclaimed: [Defect] = []
  /// Parameters that nothing fills.
  public internal(set) var missing: [Defect] = []
  /// Source tensors whose shape is not what the configuration asks for.
  public internal(set) var mismatches: [Defect] = []

  /// Whether every source tensor is claimed once or ignored, and every parameter filled.
  public var isExact: Bool { unclaimed.isEmpty && missing.isEmpty && mismatches.isEmpty }

  /// The first defect as an error that counts the others; `nil` when coverage is exact.
  package func error(file: String) -> VLMError? {
    let defects =
      mismatches.map { (VLMError.Code.coverageShape, $0) } + missing.map { (.coverageMissing, $0) }
      + unclaimed.map { (.coverageUnclaimed, $0) }
    guard let (code, defect) = defects.first else { return nil }
    let counts = [
      (mismatches.count, "of the wrong shape"), (missing.count, "missing"), (unclaimed.count, "unclaimed"),
    ]
    let others = defects.count - 1
    let summary = counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    let listing = others > 0 ? "`vlmtool inspect` lists them all" : nil
    let leaving = unclaimed.count == defects.count ? "leave out what is none of the model's with --ignore" : nil
    return VLMError(
      code, defect.message + (others > 0 ? "; in all \(summary)" : ""), file: file, tensor: defect.name,
      remedy: [listing, leaving].compactMap(\.self).joined(separator: "; ").nilIfEmpty)
  }
}

extension String {
  fileprivate var nilIfEmpty: String? { isEmpty ? nil : self }
}
