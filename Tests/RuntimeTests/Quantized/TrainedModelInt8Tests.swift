import Checkpoints
import Files
import Foundation
import Images
import Mapping
import Quantization
import Tensors
import TestSupport
import Testing

@testable import Runtime

/// What int8 weights and activations cost the trained model of fixtures/tabletop-vlm. The bound is the one that the
/// tool promises: the worst token of every vision stage keeps a cosine of 0.999 with f32.
@Suite struct TrainedModelInt8Tests {
  private static let bound = 0.999

  private static func withQuantized(_ body: (MappedCheckpoint) throws -> Void) throws {
    try Fixture.withTemporaryDirectory { directory in
      let output = directory.appending(path: "int8").path
      let options = try QuantizationOptions(output: output)
      let source = try MappedCheckpoint.open(Fixture.url("tabletop-vlm").path)
      #expect(try source.quantize(options).activations == .dynamicPerToken)
      try body(try MappedCheckpoint.open(output))
    }
  }

  @Test func staysNearTheActivationsThatTransformersRecorded() throws {
    try Self.withQuantized { checkpoint in
      let file = try ReferenceFile(Fixture.url("tabletop-vlm/reference.safetensors").path)
      let model = try VisionModel(checkpoint, precision: .stored)
      let recorded = model.stages.filter { file.taps.contains($0.name) }
      #expect(recorded.last?.name == "projector" && recorded.count >= 8)
      let activations = try model.run(file.images(for: model), taps: Set(recorded))
      for stage in recorded {
        let (ours, float) = (activations[stage], try file.floats(stage.name))
        // The file has one image.
        #expect(ours.count == 1 && ours[0].values.shape == float.shape)
        let cosine = StageCosine(stage: stage.name, tokens: FloatComparison.tokens(float, ours[0].values))
        #expect(cosine.worstToken >= Self.bound, "\(cosine)")
      }
    }
  }

  @Test func staysNearOnFramesOfEveryTask() throws {
    let tasks = try FileManager.default.contentsOfDirectory(
      at: Fixture.url("demonstrations"), includingPropertiesForKeys: nil
    ).filter { $0.pathExtension == "hdf5" }
    #expect(tasks.count >= 8)
    let frames = try tasks.sorted { $0.path < $1.path }.map { task in
      let images = try HDF5File(task.path).dataset("data/demo_0/obs/agentview_rgb")
      let (height, width) = (images.shape[1], images.shape[2])
      let middle = images.shape[0] / 2
      // Rows are stored from the bottom up, as robosuite renders them.
      let pixels = try images.values(UInt8.self, rows: middle..<middle + 1)
      var upright: [UInt8] = []
      for row in (0..<height).reversed() { upright += pixels[row * width * 3..<(row + 1) * width * 3] }
      return RGBImage(width: width, height: height, pixels: upright)
    }
    try Self.withQuantized { checkpoint in
      let stages = try StageCosines.measure(
        original: MappedCheckpoint.open(Fixture.url("tabletop-vlm").path), quantized: checkpoint,
        images: frames)
      #expect(stages.last?.stage == "projector")
      for stage in stages { #expect(stage.worstToken >= Self.bound, "\(stage)") }
    }
  }
}
