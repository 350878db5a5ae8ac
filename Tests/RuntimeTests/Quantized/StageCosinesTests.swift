import Foundation
import Images
import Mapping
import Quantization
import Tensors
import TestSupport
import Testing

@testable import Runtime

@Suite struct StageCosinesTests {
  private static func picture(_ width: Int, _ height: Int) -> RGBImage {
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        pixels.append(UInt8(x * 255 / width))
        pixels.append(UInt8(y * 255 / height))
        pixels.append(UInt8(truncatingIfNeeded: x ^ y))
      }
    }
    return RGBImage(width: width, height: height, pixels: pixels)
  }

  @Test(arguments: ["qwen2_vl", "qwen2_5_vl", "clip", "siglip"]) func everyStageStaysNear(_ family: String)
    throws
  {
    let path = Fixture.url("families/\(family)/transformers-5").path
    try Fixture.withTemporaryDirectory { directory in
      let output = directory.appending(path: "int8").path
      _ = try MappedCheckpoint.open(path).quantize(QuantizationOptions(output: output))
      let stages = try StageCosines.measure(
        original: MappedCheckpoint.open(path), quantized: MappedCheckpoint.open(output),
        images: [Self.picture(112, 84), Self.picture(56, 56)])
      #expect(stages.first?.stage == "vision.embeddings")
      #expect(stages.count >= 5)
      // Embeddings are not quantized; random small encoders in W8A8 stay above 0.998 (transformers: 0.9993).
      #expect(stages[0].worstToken > 0.999999)
      for stage in stages {
        #expect(stage.worstToken > 0.998 && stage.worstToken <= stage.meanToken, "\(stage)")
        #expect(stage.meanToken <= 1 + 1e-9)
      }
      // Weights alone are rounded at the least: the last stage has to differ.
      #expect(stages[stages.count - 1].worstToken < 0.99999999)
      #expect(stages[stages.count - 1].decibels != nil)
    }
  }

  @Test func aCheckpointIsNoDistanceFromItself() throws {
    let checkpoint = try MappedCheckpoint.open(Fixture.url("families/clip/transformers-5").path)
    let stages = try StageCosines.measure(
      original: checkpoint, quantized: checkpoint, images: [Self.picture(60, 60)])
    #expect(stages.allSatisfy { $0.worstToken > 1 - 1e-12 && $0.decibels == nil })
  }
}
