import Files
import Foundation
import Images
import Runtime
import Tensors
import TestSupport
import Testing

/// Pictures as policies prepare them by themselves; those of `fixtures/policies` are tried by `PreprocessingTests`.
@Suite struct PolicyPaddingProcessorTests {
  private func prepare(_ config: String, _ picture: RGBImage) throws -> [Float] {
    try Fixture.withTemporaryDirectory { directory in
      try Data(config.utf8).write(to: directory.appending(path: "config.json"))
      let made = try ImageProcessorRegistry.open(directory.path, packer: PatchPacker(patchSize: 2))
      return try Array(made.prepare(picture).tiles[0].patches.values)
    }
  }

  private let white = RGBImage(width: 2, height: 1, pixels: Array(repeating: 255, count: 6))

  /// One patch of 2 x 2: the picture's only row is its lower one, for the padding goes left and top.
  @Test func smolVLAPadsAbove() throws {
    let values = try prepare(#"{"type": "smolvla", "resize_imgs_with_padding": [2, 2]}"#, white)
    #expect(values == [-1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 1, 1])
  }

  /// Of four rows one is white: openpi puts the larger half of the padding below.
  @Test func pi0PadsAround() throws {
    let tall = RGBImage(width: 4, height: 1, pixels: Array(repeating: 255, count: 12))
    let values = try prepare(#"{"type": "pi05", "image_resolution": [4, 4]}"#, tall)
    // The first value of each row, in patches of 2 x 2.
    let rows: [Float] = [values[0], values[2], values[24], values[26]]
    #expect(rows == [-1, 1, -1, -1])
  }

  @Test func withoutASizeNothingIsResized() throws {
    let values = try prepare(
      #"{"type": "smolvla", "resize_imgs_with_padding": null}"#,
      RGBImage(width: 2, height: 2, pixels: Array(repeating: 255, count: 12)))
    #expect(values == Array(repeating: 1, count: 12))
  }

  /// A checkpoint of the runtime holds the policy's configuration as its source's.
  @Test func theSourceCounts() throws {
    let values = try prepare(
      #"{"vlmtool": {}, "source": {"type": "smolvla", "resize_imgs_with_padding": [2, 2]}}"#, white)
    #expect(values.count == 12)
  }

  @Test(arguments: [#"[0, 2]"#, #"[2]"#, #"[4294967296, 4294967296]"#, #""2""#]) func refusesSizesThatAreNone(
    size: String
  ) {
    #expect(throws: VLMError.self) {
      try prepare(#"{"type": "smolvla", "resize_imgs_with_padding": \#(size)}"#, white)
    }
  }

  @Test func refusesAPictureThatVanishes() {
    #expect(throws: VLMError.self) {
      try prepare(#"{"type": "pi0"}"#, PreprocessingTests.picture(900, 3))
    }
  }
}
