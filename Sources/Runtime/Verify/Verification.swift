package import Mapping
internal import Tensors

/// Runs a checkpoint on recorded inputs and compares every recorded activation.
package enum Verification {
  /// Compares the activations of `checkpoint` with those in `reference`.
  ///
  /// - Parameters:
  ///   - checkpoint: a model in a public layout or the runtime's.
  ///   - reference: safetensors file with `input.*` and taps; see `fixtures/oracle/taps.py`.
  ///   - only: components whose taps are compared; empty compares all, and a tap that is not produced fails.
  ///   - tolerance: largest max |ours - reference| / max |reference| that passes.
  /// - Throws: `VLMError` when either file cannot be read, inputs are missing or do not fit, or nothing is left to compare.
  package static func run(
    _ checkpoint: MappedCheckpoint, reference: String, only: Set<ModelComponent> = [],
    tolerance: Double = 1e-4,
    precision: Precision = .stored
  ) throws -> VerificationReport {
    let file = try ReferenceFile(reference)
    let names = file.taps.filter { only.isEmpty || only.contains(component(of: $0)) }
    try file.requireInputs()
    guard !names.isEmpty else {
      throw VLMError(
        .referenceEmpty,
        only.isEmpty ? "holds no activations" : "holds no activations of the chosen components",
        file: reference, remedy: ReferenceFile.howToRecord)
    }
    var comparison = Comparison(file, names, tolerance)
    let run = ReferenceRun(checkpoint: checkpoint, file: file, precision: precision)
    let spoken = try run(.init(names: Set(names))) { try comparison.add($0, $1) }
    if let spoken, names.contains(ReferenceFile.greedy) { comparison.add(greedy: try spoken.greedy(file)) }
    var taps =
      comparison.taps
      + comparison.remaining.sorted().map {
        VerificationReport.Tap($0, defect: "is not produced by this runtime")
      }
    try TapLikeness.explain(&taps, run, tolerance: tolerance)
    return VerificationReport(
      checkpoint: checkpoint.path, reference: reference, family: checkpoint.configuration.family,
      precision: precision,
      tolerance: tolerance, only: only.sorted { $0.rawValue < $1.rawValue }, taps: taps)
  }

  /// Taps compared so far.
  private struct Comparison {
    let file: ReferenceFile
    let tolerance: Double
    private(set) var taps: [VerificationReport.Tap] = []
    private(set) var remaining: Set<String>

    init(_ file: ReferenceFile, _ names: [String], _ tolerance: Double) {
      self.file = file
      self.tolerance = tolerance
      remaining = Set(names)
    }

    /// Compares what this runtime made, parts one after another, with the recorded tensor.
    mutating func add(_ name: String, _ ours: [FloatTensor]) throws {
      let expected = try file.activation(name)
      let parts = ours.map { UnsafeBufferPointer(start: $0.base, count: $0.shape.count) }
      let target = UnsafeBufferPointer(start: expected.base, count: expected.shape.count)
      withExtendedLifetime(ours) {
        taps.append(.init(name, ours: parts, reference: target, tolerance: tolerance))
      }
      remaining.remove(name)
    }

    /// Compares tokens written greedily; they agree to the last or the tap fails.
    mutating func add(greedy: (expected: [Int], agreeing: Int)) {
      let name = ReferenceFile.greedy
      let count = greedy.expected.count
      let passed = greedy.agreeing == count && count > 0
      let defect = count == 0 ? "has no values" : "differs from token \(greedy.agreeing) on"
      taps.append(
        .init(
          name: name, elements: count, relativeError: passed ? 0 : nil, defect: passed ? nil : defect,
          passed: passed))
      remaining.remove(name)
    }
  }

  /// The component that a tap belongs to, by its name.
  static func component(of tap: String) -> ModelComponent {
    if tap.hasPrefix("vision.") { return .vision }
    if tap == "projector" || tap.hasPrefix("projector.") { return .projector }
    if tap.hasPrefix("language.") || ["logits", ReferenceFile.greedy].contains(tap) {
      return .language
    }
    return .other
  }
}
