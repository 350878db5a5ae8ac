import Checkpoints
import Files
import Foundation
import Images
import Mapping
import Runtime
import Tensors
import TestSupport
import Testing

/// Processors that make several tiles of a picture, and the other ones of the later families, against transformers (or the
/// code that the model's authors publish).
@Suite struct TiledProcessorTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    var patchSize = 4
    var temporalPatchSize = 1
    var mergeSize = 1
    var channels = 3
    var testDescription: String { name }
    var directory: String { Fixture.url("processors/\(name)").path }

    var packer: PatchPacker {
      PatchPacker(
        channels: channels, patchSize: patchSize, temporalPatchSize: temporalPatchSize, mergeSize: mergeSize)
    }

    func prepare(_ picture: String) throws -> PreparedImage {
      let image = try RGBImage(contentsOf: Fixture.url("images/pictures/\(picture)").path)
      return try ImageProcessorRegistry.open(directory, packer: packer).prepare(image)
    }

    /// All tiles as planes, `[tiles, channels, height, width]`, undoing the order of patches.
    func planes(_ prepared: PreparedImage) -> [Float] {
      prepared.tiles.flatMap { tile in
        let (height, width) = (tile.grid.rows * patchSize, tile.grid.columns * patchSize)
        var planes = [Float](repeating: .nan, count: channels * height * width)
        let values = tile.patches.values
        let area = patchSize * patchSize
        for (token, cell) in tile.grid.coordinates(mergeSize: mergeSize).enumerated() {
          for channel in 0..<channels {
            for pixel in 0..<area {
              let row = cell.row * patchSize + pixel / patchSize
              let column = cell.column * patchSize + pixel % patchSize
              planes[(channel * height + row) * width + column] =
                values[(token * channels + channel) * temporalPatchSize * area + pixel]
            }
          }
        }
        return planes
      }
    }

    /// The 8-bit values behind a prepared image.
    func bytes(_ prepared: PreparedImage) -> [UInt8] {
      let half = [Float](repeating: 0.5, count: 3)
      let imageNet: ([Float], [Float]) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
      let (mean, deviation): ([Float], [Float]) =
        switch name {
        case "llava_next":
          ([0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711])
        case "internvl", "internvl_native", "internvl_whole", "dinov2": imageNet
        case "prismatic": (imageNet.0 + half, imageNet.1 + half)
        default: (half, half)
        }
      let values = planes(prepared)
      let area = values.count / prepared.tiles.count / channels
      return values.enumerated().map { index, value in
        let channel = index / area % channels
        return UInt8(((value * deviation[channel] + mean[channel]) * 255).rounded())
      }
    }
  }

  static let cases = [
    Case(name: "llava_next"), Case(name: "internvl"), Case(name: "internvl_whole"),
    Case(name: "internvl_native"), Case(name: "idefics3"), Case(name: "smolvlm"), Case(name: "smolvlm_whole"),
    Case(name: "siglip2_naflex"), Case(name: "dinov2"), Case(name: "vit"),
    Case(name: "qwen3_vl", patchSize: 16, temporalPatchSize: 2, mergeSize: 2),
    Case(name: "prismatic", channels: 6), Case(name: "eagle"),
  ]

  @Test(arguments: cases) func equalsTheOriginal(_ test: Case) throws {
    let reference = try Checkpoint.open("\(test.directory)/reference.safetensors")
    let suffix = ".bytes"
    for tensor in reference.tensors where tensor.name.hasSuffix(suffix) {
      let prepared = try test.prepare(String(tensor.name.dropLast(suffix.count)))
      #expect(prepared.tiles.count == tensor.shape[0], "\(tensor.name)")
      let made = test.bytes(prepared)
      try reference.withBytes(of: tensor.name) { expected in
        try #require(made.count == expected.count, "\(tensor.name)")
        #expect(zip(made, expected).count { $0 != $1 } == 0, "\(tensor.name)")
      }
    }
  }

  @Test(arguments: cases) func normalisesInTheSameFloats(_ test: Case) throws {
    let reference = try Checkpoint.open("\(test.directory)/reference.safetensors")
    let values = test.planes(try test.prepare("odd.png"))
    try reference.withBytes(of: "odd.png.exact") {
      #expect(values == Array($0.bindMemory(to: Float.self)))
    }
  }

  @Test func saysHowTilesCoverThePicture() throws {
    let llava = try Self.cases[0].prepare("camera.jpg")
    #expect(llava.overview == 0 && llava.tiles.count == 1 + llava.division.rows * llava.division.columns)
    #expect(llava.size == .init(rows: 360, columns: 640))
    let internVL = try Self.cases[1].prepare("camera.jpg")
    #expect(internVL.division == .init(rows: 1, columns: 2) && internVL.overview == 2)
    let dot = try Self.cases[1].prepare("dot.png")
    #expect(dot.division == .init(rows: 1, columns: 1) && dot.overview == 0 && dot.tiles.count == 1)
    let idefics = try Self.cases[4].prepare("camera.jpg")
    #expect(idefics.division == .init(rows: 2, columns: 3) && idefics.overview == 6)
  }

  @Test func refusesSettingsItCannotFollow() throws {
    let bad = [
      #"{"image_processor_type": "LlavaNextImageProcessor", "image_grid_pinpoints": [[336, 500]]}"#,
      #"{"image_processor_type": "LlavaNextImageProcessor", "image_grid_pinpoints": []}"#,
      #"{"image_processor_type": "GotOcr2ImageProcessor", "min_patches": 0, "crop_to_patches": true}"#,
      #"{"image_processor_type": "GotOcr2ImageProcessor", "do_resize": false}"#,
      #"{"image_processor_type": "Idefics3ImageProcessor", "max_image_size": {"longest_edge": 0}}"#,
      #"{"image_processor_type": "Siglip2ImageProcessor", "max_num_patches": 0, "patch_size": 14}"#,
      #"{"image_processor_type": "LlavaNextImageProcessor", "crop_size": {"height": 67108864, "width": 1}}"#,
      #"{"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 9000000000000000000}}"#,
      #"{"image_processor_type": "CLIPImageProcessor", "crop_size": 9000000000000000000}"#,
      #"{"image_processor_type": "SmolVLMImageProcessor", "size": {"longest_edge": 9000000000000000000}}"#,
      #"{"image_processor_type": "SiglipImageProcessor", "size": {"height": 3000000000, "width": 3000000000}}"#,
      #"{"image_processor_type": "GotOcr2ImageProcessor", "size": 3000000000}"#,
      #"{"image_processor_type": "PI0ImageProcessor", "size": {"max_height": 9000000000000000000, "max_width": 5}}"#,
      #"{"image_processor_type": "PI0ImageProcessor", "pad_size": {"height": 300000, "width": 300000}}"#,
      #"{"image_processor_type": "PI0ImageProcessor", "size": {"max_height": 0, "max_width": 5}}"#,
      #"{"image_processor_type": "PI0ImageProcessor", "pad_size": {"height": 0, "width": 5}}"#,
      #"{"image_processor_type": "PrismaticImageProcessor", "image_resize_strategy": "letterbox","#
        + #" "input_sizes": [[3, 9, 9]], "means": [[0, 0, 0]], "stds": [[1, 1, 1]]}"#,
      #"{"image_processor_type": "PrismaticImageProcessor", "input_sizes": [], "means": [], "stds": []}"#,
    ]
    for text in bad {
      try Fixture.withTemporaryDirectory { directory in
        try Data(text.utf8).write(to: directory.appending(path: "preprocessor_config.json"))
        let error = try #require(throws: VLMError.self) {
          _ = try ImageProcessorRegistry.open(directory.path, packer: PatchPacker(patchSize: 14))
        }
        #expect(error.code.rawValue == "runtime.processor.unsupported", "\(text)")
      }
    }
  }

  /// Tiles without the whole picture beside them: nothing released has that, and there is nothing to probe.
  @Test func refusesTilesWithoutThumbnail() throws {
    try Fixture.withTemporaryDirectory { directory in
      let text = try String(
        contentsOf: Fixture.url("processors/internvl_native/config.json"), encoding: .utf8
      )
      .replacing("\"use_thumbnail\": true", with: "\"use_thumbnail\": false")
      try Data(text.utf8).write(to: directory.appending(path: "config.json"))
      let error = try #require(throws: VLMError.self) {
        _ = try ImageProcessorRegistry.open(directory.path, packer: PatchPacker(patchSize: 14))
      }
      #expect(error.code.rawValue == "runtime.processor.unsupported")
    }
  }
}
