import Foundation
import Mapping
import Runtime
import Tensors
import TestSupport
import Testing

@Suite struct VerificationTests {
  /// A recorded forward pass beside the checkpoints it belongs to.
  struct Case: CustomTestStringConvertible {
    let family: String
    let reference: String
    let dialect: String
    var checkpoint: String { Fixture.url("families/\(family)/\(dialect)").path }
    var file: String { Fixture.url("families/\(family)/\(reference).safetensors").path }
    var testDescription: String { "\(family) \(dialect) \(reference)" }
  }

  static let cases = [
    ("clip", ["reference", "interpolated"]), ("clip_vision_model", ["reference"]),
    ("qwen2_vl", ["reference", "video"]), ("qwen2_5_vl", ["reference", "video"]),
    ("siglip", ["reference", "interpolated"]), ("siglip_vision_model", ["reference"]),
  ].flatMap { family, references in
    references.flatMap { reference in
      ["transformers-4", "transformers-5"].map { Case(family: family, reference: reference, dialect: $0) }
    }
  }

  @Test(arguments: cases) func agreesWithTransformers(_ test: Case) throws {
    let report = try Verification.run(
      try MappedCheckpoint.open(test.checkpoint), reference: test.file)
    #expect(report.taps.count >= 5)
    for tap in report.taps {
      #expect(tap.passed, "\(tap.name): \(tap.relativeError ?? .nan) \(tap.defect ?? "")")
      #expect(tap.cosine ?? 0 > 0.999_999)
    }
    #expect(report.passed)
  }
}
