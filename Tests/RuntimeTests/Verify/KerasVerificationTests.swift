import Foundation
import Mapping
import Runtime
import Tensors
import TestSupport
import Testing

/// Activations against those that KerasHub, and transformers on TensorFlow, have of their own files; `make_keras.py`.
@Suite struct KerasVerificationTests {
  struct Case: CustomTestStringConvertible {
    let checkpoint: String
    let reference: String
    let only: Set<ModelComponent>
    var testDescription: String { checkpoint }

    init(_ checkpoint: String, _ reference: String, only: Set<ModelComponent> = []) {
      self.checkpoint = checkpoint
      self.reference = reference
      self.only = only
    }
  }

  static let cases =
    [
      Case("clip/kerashub", "clip/reference"), Case("siglip/kerashub", "siglip/reference"),
      Case("clip/tf2", "clip/tf2"), Case("vit/tf2", "vit/tf2"),
      Case("vit/tf2-classifier", "vit/tf2-classifier"),
      Case("clip/tf2-vision", "clip/tf2", only: [.vision]),
    ]
    + ["paligemma", "paligemma2", "dinov2", "dinov2_swiglu", "dinov2_with_registers", "vit"].map {
      Case("\($0)/kerashub", "\($0)/reference")
    }

  @Test(arguments: cases) func agrees(_ test: Case) throws {
    let report = try Verification.run(
      try MappedCheckpoint.open(Fixture.url("keras/\(test.checkpoint)").path),
      reference: Fixture.url("keras/\(test.reference).safetensors").path, only: test.only)
    #expect(report.taps.count > 2)
    for tap in report.taps {
      #expect(tap.passed, "\(tap.name): \(tap.relativeError ?? .nan) \(tap.defect ?? "")")
    }
    #expect(report.passed)
  }
}
