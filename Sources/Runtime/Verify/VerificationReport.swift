package import Mapping
package import Tensors

/// How this runtime's activations compare to recorded ones.
package struct VerificationReport: Encodable, Sendable {
  /// One recorded tensor.
  package struct Tap: Encodable, Sendable {
    package let name: String
    /// Elements compared; 0 when there was nothing to compare with.
    package let elements: Int
    /// max |ours - reference| / max |reference|; absent when not comparable or not finite.
    package let relativeError: Double?
    /// Cosine between the flattened tensors; absent as above, or when either is zero throughout.
    package let cosine: Double?
    /// Why the tap could not be compared.
    package let defect: String?
    package let passed: Bool
    /// Where the tap failed: what of this runtime the recorded tensor is after all.
    package var likeness: TapLikeness?

    package init(
      name: String, elements: Int, relativeError: Double? = nil, cosine: Double? = nil, defect: String? = nil,
      passed: Bool
    ) {
      self.name = name
      self.elements = elements
      self.relativeError = relativeError
      self.cosine = cosine
      self.defect = defect
      self.passed = passed
    }
  }

  package let checkpoint: String
  package let reference: String
  package let family: String
  package let precision: Precision
  package let tolerance: Double
  /// Components the comparison was limited to; empty for all.
  package let only: [ModelComponent]
  /// In the order of the forward pass, unknown ones last.
  package let taps: [Tap]

  package init(
    checkpoint: String, reference: String, family: String, precision: Precision, tolerance: Double,
    only: [ModelComponent], taps: [Tap]
  ) {
    self.checkpoint = checkpoint
    self.reference = reference
    self.family = family
    self.precision = precision
    self.tolerance = tolerance
    self.only = only
    self.taps = taps
  }

  /// Every tap was produced and is within the tolerance.
  package var passed: Bool { taps.allSatisfy(\.passed) }

  /// The first tap that failed, with the number of all that did; `nil` when it passed.
  package var failure: VLMError? {
    let failed = taps.filter { !$0.passed }
    guard let first = failed.first else { return nil }
    let what =
      first.defect ?? first.relativeError.map { "is off by \($0), more than \(tolerance)" } ?? "is not finite"
    return VLMError(
      .verificationFailed, "\(what); in all \(failed.count) of \(taps.count) taps fail", file: checkpoint,
      tensor: first.name)
  }

  private enum CodingKeys: String, CodingKey {
    case checkpoint, reference, family, precision, tolerance, only, taps, passed
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(checkpoint, forKey: .checkpoint)
    try fields.encode(reference, forKey: .reference)
    try fields.encode(family, forKey: .family)
    try fields.encode(precision, forKey: .precision)
    try fields.encode(tolerance, forKey: .tolerance)
    try fields.encode(only.map(\.rawValue), forKey: .only)
    try fields.encode(taps, forKey: .taps)
    try fields.encode(passed, forKey: .passed)
  }
}

extension VerificationReport.Tap {
  /// Compares flattened tensors; fails on another length, on none at all, on values that are not finite, and above
  /// `tolerance`.
  init(
    _ name: String, ours: [UnsafeBufferPointer<Float>], reference: UnsafeBufferPointer<Float>,
    tolerance: Double
  ) {
    let count = ours.reduce(0) { $0 + $1.count }
    guard count == reference.count else {
      self.init(name, defect: "has \(count) values, the reference \(reference.count)")
      return
    }
    guard count > 0 else {
      self.init(name, defect: "has no values")
      return
    }
    var (whole, place) = (FloatComparison(), 0)
    for part in ours {
      whole += FloatComparison(part, UnsafeBufferPointer(rebasing: reference[place..<place + part.count]))
      place += part.count
    }
    let peak = reference.reduce(0.0) { max($0, Double(abs($1))) }
    let error = peak > 0 ? whole.largest / peak : whole.largest
    self.init(
      name: name, elements: count, relativeError: error.isFinite ? error : nil,
      cosine: whole.cosine, defect: error.isFinite ? nil : "is not finite throughout",
      passed: error <= tolerance)
  }

  init(_ name: String, defect: String) {
    self.init(name: name, elements: 0, relativeError: nil, cosine: nil, defect: defect, passed: false)
  }
}
