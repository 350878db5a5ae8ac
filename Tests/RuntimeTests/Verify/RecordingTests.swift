import Files
import Foundation
import Images
import Mapping
import Runtime
import Tensors
import TestSupport
import Testing

/// What is recorded here passes verification to the last bit, in every layout of inputs.
@Suite struct RecordingTests {
  /// Of every way in which pictures go in: packed patches, pictures, an overview with tiles, padded tiles, rows of patches.
  @Test(arguments: [
    "qwen2_vl/transformers-5", "qwen3_vl/transformers", "qwen3_5/transformers", "clip/transformers-5", "siglip2/transformers",
    "llava_next_mistral/transformers-4", "internvl_qwen2/native", "idefics3/transformers",
    "paligemma/transformers-4", "gemma3/transformers-4", "siglip/transformers-5", "eagle2_5_vl/native", "eagle2_5_vl_qwen3/gr00t",
  ])
  func passesToTheBit(folder: String) throws {
    let checkpoint = try MappedCheckpoint.open(Fixture.url("families/\(folder)").path)
    let picture = try RGBImage(contentsOf: Fixture.url("images/frame.png").path)
    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "taps.safetensors").path
      let recorded = try Recording.run(checkpoint, inputs: .made(pictures: [picture], prompt: nil), to: path)
      let report = try Verification.run(checkpoint, reference: path)
      #expect(report.passed)
      #expect(report.taps.map(\.name) == recorded.taps.map(\.name))
      #expect(report.taps.count >= 3)
      #expect(report.taps.allSatisfy { $0.relativeError == 0 })
    }
  }

  /// The inputs of a reference, and everything that the language model makes of them.
  @Test(arguments: [
    ("qwen2_vl", "transformers-5"), ("kosmos2", "transformers"), ("paligemma", "transformers-4"),
    ("gemma3", "transformers-4"), ("qwen3_5", "transformers"), ("llava_next_llama3", "transformers-4"), ("smolvlm", "transformers"),
    ("eagle2_5_vl", "native"), ("eagle2_5_vl_qwen3", "gr00t-lerobot"),
  ])
  func takesTheInputsOfAnother(family: String, dialect: String) throws {
    let checkpoint = try MappedCheckpoint.open(Fixture.url("families/\(family)/\(dialect)").path)
    let reference = Fixture.url("families/\(family)/reference.safetensors").path
    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "taps.safetensors").path
      let recorded = try Recording.run(checkpoint, inputs: .reference(reference), to: path)
      #expect(
        recorded.taps.contains { $0.name == "logits" } && recorded.taps.contains { $0.name == "projector" })
      let again = try Verification.run(checkpoint, reference: path)
      #expect(again.passed && again.taps.allSatisfy { $0.relativeError == 0 })
      // Theirs and ours agree, tap by tap: the names and the order of rows are the same.
      let theirs = try Verification.run(checkpoint, reference: reference)
      #expect(theirs.passed)
    }
  }

  @Test func aPromptNeedsADecoder() throws {
    let checkpoint = try MappedCheckpoint.open(Fixture.url("families/clip/transformers-5").path)
    try Fixture.withTemporaryDirectory { directory in
      #expect {
        try Recording.run(
          checkpoint, inputs: .made(pictures: [], prompt: "a cat"), to: directory.appending(path: "x").path)
      } throws: { ($0 as? VLMError)?.code == .noLanguageModel }
    }
  }
}
