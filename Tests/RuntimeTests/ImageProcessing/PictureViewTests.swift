import Foundation
import Images
import Runtime
import Tensors
import TestSupport
import Testing

/// Edges that geometry gives, of processors that stretch, crop, pad and tile.
@Suite struct PictureViewTests {
  struct Case: CustomTestStringConvertible {
    let config: String
    var width = 128
    var height = 128
    var packer = PatchPacker(patchSize: 14)
    let edges: [Double]
    var testDescription: String { "\(config) of \(width)x\(height)" }
  }

  static let qwen = PatchPacker(patchSize: 14, temporalPatchSize: 2, mergeSize: 2)

  static let cases = [
    Case(config: "qwen2_5_vl", width: 112, height: 112, packer: qwen, edges: [0, 0, 1, 1]),
    Case(config: "qwen2_5_vl", width: 640, height: 480, packer: qwen, edges: [0, 0, 1, 1]),
    Case(config: "siglip", width: 200, height: 100, packer: PatchPacker(patchSize: 16), edges: [0, 0, 1, 1]),
    // The shorter side to 224, the middle 224 of 448.
    Case(config: "clip", width: 200, height: 100, edges: [0.25, 0, 0.75, 1]),
    Case(config: "clip", width: 100, height: 200, edges: [0, 0.25, 1, 0.75]),
    // The overview, squeezed into a square.
    Case(config: "llava_next", width: 200, height: 100, edges: [0, 0, 1, 1]),
    Case(config: "internvl", width: 640, height: 480, edges: [0, 0, 1, 1]),
    Case(config: "idefics3", width: 200, height: 100, edges: [0, 0, 1, 1]),
    // 224 x 112 of the picture in 224 x 224, zeros below.
    Case(config: "pi0", width: 200, height: 100, edges: [0, 0, 1, 2]),
  ]

  @Test(arguments: cases) func findsTheEdges(_ test: Case) throws {
    let directory = Fixture.url("preprocessing/\(test.config)").path
    let processor = try ImageProcessorRegistry.open(directory, packer: test.packer)
    let view = try #require(
      try PictureView(of: processor, packer: test.packer, width: test.width, height: test.height))
    // Ramps have 255 steps, and resizing blurs them at the picture's edges.
    for (found, expected) in zip([view.left, view.top, view.right, view.bottom], test.edges) {
      #expect(abs(found - expected) < 0.01, "\(view)")
    }
  }

  /// Black left of and above the picture: SmolVLA's padding.
  @Test func findsPaddingBefore() throws {
    try Fixture.withTemporaryDirectory { directory in
      let config = #"{"type": "smolvla", "resize_imgs_with_padding": [160, 160]}"#
      try Data(config.utf8).write(to: directory.appending(path: "config.json"))
      let packer = PatchPacker(patchSize: 16)
      let processor = try ImageProcessorRegistry.open(directory.path, packer: packer)
      let view = try #require(try PictureView(of: processor, packer: packer, width: 160, height: 80))
      #expect(abs(view.left) < 0.01 && abs(view.right - 1) < 0.01)
      #expect(abs(view.top + 1) < 0.01 && abs(view.bottom - 1) < 0.01, "\(view)")
    }
  }

  /// A grid of one patch has no direction.
  @Test func oneTokenIsNotKnown() throws {
    let packer = PatchPacker(patchSize: 224)
    let processor = try ImageProcessorRegistry.open(Fixture.url("preprocessing/siglip").path, packer: packer)
    #expect(try PictureView(of: processor, packer: packer, width: 64, height: 64) == nil)
  }
}
