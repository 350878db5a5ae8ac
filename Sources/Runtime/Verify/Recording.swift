internal import Checkpoints
internal import Files
package import Images
package import Mapping
internal import Tensors

/// Writes this runtime's activations as a reference: what `Verification` reads.
package enum Recording {
  /// What is fed to the model.
  package enum Inputs: Sendable {
    case made(pictures: [RGBImage], prompt: String?)
    /// Those of another reference.
    case reference(String)
  }

  /// Runs `checkpoint` and writes inputs and activations to `path`; the file appears whole or not at all.
  ///
  /// - Parameter only: components whose taps are recorded; empty records all that the inputs allow.
  /// - Throws: what preparing the inputs throws, and the errors of writing.
  package static func run(
    _ checkpoint: MappedCheckpoint, inputs: Inputs, to path: String, only: Set<ModelComponent> = [],
    precision: Precision = .stored
  ) throws -> RecordingReport {
    let file =
      switch inputs {
      case .made(let pictures, let prompt):
        try ReferenceFile(
          RecordedTensors(
            RecordedInputs(checkpoint, pictures: pictures, prompt: prompt, precision: precision).tensors))
      case .reference(let other): try ReferenceFile(other)
      }
    try file.requireInputs()
    let kept = try file.recordedInputs()
    var taps: [RecordedTensor] = []
    // From the inputs as they are written, so that who verifies later runs the same.
    try ReferenceRun(checkpoint: checkpoint, file: file, precision: precision)(.init(only: only)) {
      name, parts in
      if !parts.isEmpty { taps.append(RecordedTensor(name, parts: parts)) }
    }
    guard !taps.isEmpty else {
      throw VLMError(
        .referenceEmpty, "these inputs reach no tap of the chosen components", file: path,
        remedy: "give --image for vision and projector, --prompt for the language model")
    }
    var writer = SafetensorsWriter()
    writer.metadata = [
      "writer": OutputPlace.Kind.writer, "family": checkpoint.configuration.family,
      "precision": precision.rawValue,
    ]
    try writer.write((kept + taps).map(\.planned), toFile: path)
    return RecordingReport(
      checkpoint: checkpoint.path, file: path, family: checkpoint.configuration.family, precision: precision,
      inputs: kept.map(RecordingReport.Tensor.init), taps: taps.map(RecordingReport.Tensor.init))
  }
}

/// What a recording wrote.
package struct RecordingReport: Encodable, Sendable {
  package struct Tensor: Encodable, Sendable {
    package let name: String
    package let dtype: String
    package let shape: [Int]
    package let bytes: Int

    init(_ tensor: RecordedTensor) {
      name = tensor.descriptor.name
      dtype = tensor.descriptor.dtype.rawValue
      shape = tensor.descriptor.shape.dimensions
      bytes = tensor.descriptor.byteCount
    }
  }

  package let checkpoint: String
  package let file: String
  package let family: String
  package let precision: Precision
  package let inputs: [Tensor]
  /// In the order of the forward pass.
  package let taps: [Tensor]
}
