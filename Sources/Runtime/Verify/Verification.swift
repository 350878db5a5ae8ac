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
    guard !names.isEmpty else {
      throw VLMError(
        .referenceEmpty,
        only.isEmpty ? "holds no activations" : "holds no activations of the chosen components",
        file: reference, remedy: "record some with fixtures/oracle/taps.py")
    }
    var taps: [VerificationReport.Tap] = []
    var remaining = Set(names)
    if names.contains(where: { Stage(name: $0) != nil }) {
      let model = try VisionModel(checkpoint, precision: precision)
      let stages = model.stages.filter { names.contains($0.name) }
      let activations = try model.run(file.images(model.packer), taps: Set(stages))
      for stage in stages {
        let expected = try file.floats(stage.name)
        let ours = activations[stage, default: []].map {
          UnsafeBufferPointer(start: $0.values.base, count: $0.values.shape.count)
        }
        let target = UnsafeBufferPointer(start: expected.base, count: expected.shape.count)
        taps.append(.init(stage.name, ours: ours, reference: target, tolerance: tolerance))
        remaining.remove(stage.name)
      }
      withExtendedLifetime(activations) {}
    }
    taps += remaining.sorted().map { .init($0, defect: "is not produced by this runtime") }
    return VerificationReport(
      checkpoint: checkpoint.path, reference: reference, family: checkpoint.configuration.family,
      precision: precision,
      tolerance: tolerance, only: only.sorted { $0.rawValue < $1.rawValue }, taps: taps)
  }

  /// The component that a tap belongs to, by its name.
  static func component(of tap: String) -> ModelComponent {
    if tap.hasPrefix("vision.") { return .vision }
    if tap == "projector" || tap.hasPrefix("projector.") { return .projector }
    if tap.hasPrefix("language.") || tap == "logits" { return .language }
    return .other
  }
}
