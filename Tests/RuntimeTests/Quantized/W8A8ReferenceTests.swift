import Checkpoints
import Foundation
import Mapping
import Quantization
import TestSupport
import Tensors
import Testing

@testable import Runtime

/// Our W8A8 against compressed-tensors' own, run by transformers on the same checkpoints:
/// fixtures/quantization/w8a8.
@Suite struct W8A8ReferenceTests {
  /// Weights are the same codes and scales and integer sums are exact, so only f32 rounding between the
  /// layers differs; now and then it tips an activation over the edge between two of its 255 codes, and that
  /// spreads. transformers differs from itself as much: pixels changed by 1e-6 move its W8A8 projector by
  /// 1.3e-2 of the largest value (1e-7 moves nothing), and the runtime's embeddings are 1.3e-6 from its. So
  /// after block 0, which few codes reach, the two have to be an order of magnitude nearer to each other (1 -
  /// cosine below 1.5e-5) than int8 is to f32 (1e-4); later stages have twice that spread.
  @Test(arguments: [
    ("qwen2_vl", "transformers-5"), ("qwen2_5_vl", "transformers-5"), ("qwen2_5_vl", "transformers-4"),
    ("clip", "transformers-5"), ("siglip", "transformers-4"),
  ])
  func agreesWithTransformers(_ family: String, _ dialect: String) throws {
    try Fixture.withTemporaryDirectory { directory in
      let output = directory.appending(path: "int8").path
      var options = try QuantizationOptions(output: output)
      // An nn.MultiheadAttention, which compressed-tensors cannot quantize.
      if family == "siglip" { options.keep = [try NamePick("vision.pooling.attention")] }
      _ = try MappedCheckpoint.open(Fixture.url("families/\(family)/\(dialect)").path).quantize(options)

      let reference = directory.appending(path: "reference.safetensors").path
      try Self.join(
        inputs: Fixture.url("families/\(family)/reference.safetensors").path,
        taps: Fixture.url("quantization/w8a8/\(family).safetensors").path, into: reference)
      let report = try Verification.run(
        try MappedCheckpoint.open(output), reference: reference, tolerance: 2.5e-2)
      #expect(report.taps.count >= 5)
      for tap in report.taps {
        let furthest = ["vision.embeddings": 1e-9, "vision.blocks.0": 1.5e-5][tap.name] ?? 2.5e-4
        #expect(tap.passed && 1 - (tap.cosine ?? 0) < furthest, "\(tap)")
      }
    }
  }

  /// A reference file of one file's `input.*` and the other's taps.
  private static func join(inputs: String, taps: String, into path: String) throws {
    let (one, other) = (try Checkpoint.open(inputs), try Checkpoint.open(taps))
    let plan = ["input.pixel_values", "input.image_grid_thw"].compactMap { name in
      one.tensors.first { $0.name == name }.map { PlannedTensor.copy(of: $0, from: one) }
    }
    try SafetensorsWriter().write(plan + other.tensors.map { .copy(of: $0, from: other) }, toFile: path)
  }
}
