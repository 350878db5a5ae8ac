import Runtime
import Tensors
import Testing

@Suite struct PatchBudgetProcessorTests {
  /// Printed by `get_image_size_for_max_num_patches` of transformers 5.23: height, width, patch, patches, new height and width.
  @Test(arguments: [
    [360, 640, 16, 256, 192, 336], [224, 224, 16, 256, 256, 256], [47, 61, 14, 24, 56, 84],
    [1, 1, 16, 256, 112, 112], [3, 1000, 4, 60, 4, 240], [1080, 1920, 14, 1024, 336, 588],
  ])
  func sizesAsTransformers(_ row: [Int]) throws {
    let size = try PatchBudgetProcessor.size(
      height: row[0], width: row[1], patchSize: row[2], patches: row[3])
    #expect([size.height, size.width] == [row[4], row[5]])
  }
}
