import Files
import Foundation
import Images
import Runtime
import Tensors
import TestSupport
import Testing

@Suite struct PaddingProcessorTests {
  static func processor(_ text: String) throws -> any ImageProcessor {
    try Fixture.withTemporaryDirectory { directory in
      try Data(text.utf8).write(to: directory.appending(path: "preprocessor_config.json"))
      return try ImageProcessorRegistry.open(directory.path, packer: PatchPacker(patchSize: 14))
    }
  }

  @Test func refusesAPictureThatVanishes() throws {
    let made = try Self.processor(#"{"image_processor_type": "PI0ImageProcessor"}"#)
    let error = try #require(throws: VLMError.self) { try made.prepare(PreprocessingTests.picture(900, 3)) }
    #expect(error.code.rawValue == "runtime.input.grid")
  }

  @Test func refusesAPictureLargerThanItsPadding() throws {
    let made = try Self.processor(
      #"{"image_processor_type": "PI0ImageProcessor", "pad_size": {"height": 224, "width": 28}}"#)
    #expect(throws: VLMError.self) { try made.prepare(PreprocessingTests.picture(40, 40)) }
  }

  @Test func leavesThePictureWithoutPaddingWhenToldTo() throws {
    let made = try Self.processor(#"{"image_processor_type": "PI0ImageProcessor", "do_pad": false}"#)
    let grid = try made.prepare(PreprocessingTests.picture(448, 224)).tiles[0].grid
    #expect((grid.rows, grid.columns) == (8, 16))
  }
}
