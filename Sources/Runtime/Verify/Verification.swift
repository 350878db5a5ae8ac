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
    let isRecording = file.shape(of: "input.pixel_values") != nil || file.shape(of: "input.input_ids") != nil
    guard isRecording else {
      throw VLMError(
        .referenceEmpty, "holds neither input.pixel_values nor input.input_ids, so there is nothing to run",
        file: reference, remedy: "record some with fixtures/oracle/taps.py")
    }
    guard !names.isEmpty else {
      throw VLMError(
        .referenceEmpty,
        only.isEmpty ? "holds no activations" : "holds no activations of the chosen components",
        file: reference, remedy: "record some with fixtures/oracle/taps.py")
    }
    var comparison = Comparison(file, names, tolerance)
    let language = Set(names.filter { component(of: $0) == .language })
    let features = try compareVision(
      checkpoint, file, precision, &comparison, wantsFeatures: !language.isEmpty)
    let configuration = checkpoint.configuration
    if !language.isEmpty, configuration.language != nil, configuration.contrastive == nil {
      let side = try LanguageVerification(checkpoint, precision: precision)
      let stages = side.model.stages.filter { language.contains($0.name) }
      let activations = try side.run(file, images: features, taps: Set(stages))
      for stage in stages { try comparison.add(stage.name, activations[stage, default: []]) }
      if language.contains(LanguageVerification.greedy) {
        comparison.add(greedy: try side.greedy(file, images: features))
      }
    }
    let taps =
      comparison.taps
      + comparison.remaining.sorted().map {
        VerificationReport.Tap($0, defect: "is not produced by this runtime")
      }
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
      let name = LanguageVerification.greedy
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

  /// Compares the vision side's taps; returns what the language side needs of it.
  private static func compareVision(
    _ checkpoint: MappedCheckpoint, _ file: ReferenceFile, _ precision: Precision,
    _ comparison: inout Comparison, wantsFeatures: Bool
  ) throws -> [ImageFeatures] {
    let wanted = comparison.remaining
    let hasImages = file.shape(of: "input.pixel_values") != nil
    guard wanted.contains(where: { Stage(name: $0) != nil }) || (wantsFeatures && hasImages) else {
      return []
    }
    let model = try VisionModel(checkpoint, precision: precision)
    let stages = model.stages.filter { wanted.contains($0.name) }
    let features = wantsFeatures ? model.featureStages : []
    let activations = try model.run(file.images(for: model), taps: Set(stages + features))
    for stage in stages { try comparison.add(stage.name, activations[stage, default: []].map(\.values)) }
    return wantsFeatures ? model.features(activations) : []
  }

  /// The component that a tap belongs to, by its name.
  static func component(of tap: String) -> ModelComponent {
    if tap.hasPrefix("vision.") { return .vision }
    if tap == "projector" || tap.hasPrefix("projector.") { return .projector }
    if tap.hasPrefix("language.") || ["logits", LanguageVerification.greedy].contains(tap) {
      return .language
    }
    return .other
  }
}
