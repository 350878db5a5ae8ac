import Foundation
import Mapping
import Runtime
import TestSupport
import Tensors
import Testing

/// Checkpoints of compressed-tensors whose activations are int8 as well run as transformers runs them (fixtures/oracle/make_quantized_inputs.py).
@Suite struct RoundedInputsTests {
  /// As stored to the last digits of f32. In floats,
  /// what the rounding changes is missing.
  @Test(arguments: ["token", "layer"]) func storedIsWhatTransformersComputes(kind: String) throws {
    let checkpoint = try MappedCheckpoint.open(Fixture.url("quantized-inputs/\(kind)").path)
    let reference = Fixture.url("quantized-inputs/\(kind).safetensors").path
    func errors(_ precision: Precision) throws -> [Double] {
      let report = try Verification.run(checkpoint, reference: reference, precision: precision)
      #expect(report.taps.count == 4)
      return report.taps.map { $0.relativeError ?? .infinity }
    }
    let (stored, float) = (try errors(.stored), try errors(.float32))
    #expect(stored.allSatisfy { $0 < 1e-5 }, "\(stored)")
    #expect(float.allSatisfy { $0 > 4e-3 }, "\(float)")
    #expect(checkpoint.notices.contains { $0.message.contains("18 of their layers is rounded to int8 with one scale a \(kind)") })
  }

  /// A layer without the scale that its settings promise, and one whose scale is none.
  @Test(arguments: [(Float?.none, "has no input_scale"), (0, "no scale"), (.nan, "no scale")])
  func aScaleIsThere(value: Float?, message: String) throws {
    let name = "encoder.layer.1.intermediate.dense.input_scale"
    try CheckpointCase.with("quantized-inputs/layer") { made in
      made.tensors[name] = value.map { number in
        .init(dtype: "F32", shape: [1], data: withUnsafeBytes(of: number.bitPattern.littleEndian) { Data($0) })
      }
    } _: { folder in
      let error = #expect(throws: VLMError.self) { try MappedCheckpoint.open(folder.path) }
      #expect(error?.code.rawValue == "checkpoints.quantized.malformed" && error?.message.contains(message) == true)
    }
  }
}
