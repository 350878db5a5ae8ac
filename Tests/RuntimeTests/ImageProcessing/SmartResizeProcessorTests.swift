import Runtime
import Tensors
import Testing

@Suite struct SmartResizeProcessorTests {
  /// Printed by `smart_resize` of transformers 5.23: height, width, factor, least, most pixels, new height, new width.
  @Test(arguments: [
    [360, 640, 28, 3136, 12_845_056, 364, 644], [224, 224, 28, 200_704, 12_845_056, 448, 448],
    [47, 61, 28, 3136, 1_003_520, 56, 56], [1, 1, 28, 3136, 1_003_520, 56, 56],
    [10, 1000, 28, 3136, 1_003_520, 28, 560],
    [1080, 1920, 28, 3136, 1_003_520, 728, 1316], [14, 14, 28, 100, 400, 28, 28],
    [42, 70, 28, 3136, 1_003_520, 56, 56],
    [2160, 3840, 32, 65536, 16_777_216, 2176, 3840],
  ])
  func sizesAsTransformers(_ row: [Int]) throws {
    let size = try SmartResizeProcessor.size(
      height: row[0], width: row[1], factor: row[2], pixels: row[3]...row[4])
    #expect([size.height, size.width] == [row[5], row[6]])
  }

  @Test func refusesExtremeAspectRatios() throws {
    #expect(throws: VLMError.self) {
      try SmartResizeProcessor.size(height: 1000, width: 3, factor: 28, pixels: 3136...1_003_520)
    }
  }
}
