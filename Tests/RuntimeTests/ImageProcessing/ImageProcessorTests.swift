import Checkpoints
import Files
import Foundation
import Images
import Runtime
import Tensors
import TestSupport
import Testing

/// Every processor against what transformers makes of the same pictures, with the backend that it takes by itself.
@Suite struct ImageProcessorTests {
  struct Case: CustomTestStringConvertible {
    let settings: String
    let picture: String
    var testDescription: String { "\(settings) \(picture)" }
    var isPacked: Bool { settings.hasPrefix("qwen") }
    var directory: String { Fixture.url("images/processors/\(settings)").path }
    var packer: PatchPacker {
      isPacked ? PatchPacker(patchSize: 14, temporalPatchSize: 2, mergeSize: 2) : PatchPacker(patchSize: 2)
    }
  }

  static let settings = [
    "clip", "clip_padding", "qwen2_vl", "qwen2_vl_upsampling", "siglip", "siglip_bilinear",
  ]
  static let cases = settings.flatMap { settings in
    ["camera.jpg", "dot.png", "odd-alpha.png", "odd.png", "square.jpg"].map {
      Case(settings: settings, picture: $0)
    }
  }

  @Test(arguments: cases) func equalsTransformers(_ test: Case) throws {
    let reference = try Checkpoint.open("\(test.directory)/reference.safetensors")
    let made = try Self.bytes(test, try Self.prepare(test))
    try reference.withBytes(of: "\(test.picture).bytes") { expected in
      #expect(made.count == expected.count)
      #expect(zip(made, expected).count { $0 != $1 } == 0)
    }
    if test.isPacked {
      let grid = try Self.prepare(test).tiles[0].grid
      try reference.withBytes(of: "\(test.picture).grid") {
        #expect(
          Array($0.bindMemory(to: Int64.self)) == [grid.frames, grid.rows, grid.columns].map(Int64.init))
      }
    }
  }

  @Test(arguments: settings) func normalisesInTheSameFloats(_ settings: String) throws {
    let test = Case(settings: settings, picture: "odd.png")
    let reference = try Checkpoint.open("\(test.directory)/reference.safetensors")
    let prepared = try Self.prepare(test)
    let values = test.isPacked ? prepared.tiles[0].patches.values : Self.unpacked(prepared)
    try reference.withBytes(of: "odd.png.exact.pixel_values") { bytes in
      let expected = Array(bytes.bindMemory(to: Float.self))
      #expect(values == expected)
    }
  }

  @Test func refusesSettingsItCannotFollow() throws {
    let bad = [
      #"{"image_processor_type": "BeitImageProcessor"}"#: "runtime.processor.unknown",
      #"{"image_processor_type": "SiglipImageProcessor", "resample": 0}"#: "runtime.processor.unsupported",
      #"{"image_processor_type": "SiglipImageProcessor", "image_std": [0, 1, 1]}"#:
        "runtime.processor.unsupported",
      #"{"image_processor_type": "SiglipImageProcessor", "size": {"height": 0, "width": 1}}"#:
        "runtime.processor.unsupported",
      #"{"image_processor_type": "Gemma3ImageProcessor", "do_pan_and_scan": true}"#: "runtime.processor.unsupported",
      #"{"image_processor_type": "Qwen2VLImageProcessor", "patch_size": 16}"#: "runtime.processor.mismatch",
      #"{"image_processor_type": "Qwen2VLImageProcessor", "min_pixels": 9, "max_pixels": 4}"#:
        "runtime.processor.unsupported",
      #"{"image_processor_type": 3}"#: "runtime.processor.malformed",
      #"{"#: "runtime.processor.malformed",
    ]
    for (text, code) in bad {
      try Fixture.withTemporaryDirectory { directory in
        try Data(text.utf8).write(to: directory.appending(path: "preprocessor_config.json"))
        let error = try #require(throws: VLMError.self) {
          _ = try ImageProcessorRegistry.open(
            directory.path, packer: PatchPacker(patchSize: 14, temporalPatchSize: 2, mergeSize: 2))
        }
        #expect(error.code.rawValue == code, "\(text)")
      }
    }
    try Fixture.withTemporaryDirectory { directory in
      let error = try #require(throws: VLMError.self) {
        _ = try ImageProcessorRegistry.open(directory.path, packer: PatchPacker(patchSize: 14))
      }
      #expect(error.code.rawValue == "runtime.processor.missing")
    }
  }

  /// transformers 5 looks into `processor_config.json` first.
  @Test func takesTheJointFileFirst() throws {
    try Fixture.withTemporaryDirectory { directory in
      let own = #"{"image_processor_type": "CLIPImageProcessor"}"#
      let joint = #"{"image_processor": {"image_processor_type": "SiglipImageProcessor"}}"#
      try Data(own.utf8).write(to: directory.appending(path: "preprocessor_config.json"))
      let file = directory.appending(path: "processor_config.json")
      try Data(#"{"processor_class": "CLIPProcessor"}"#.utf8).write(to: file)
      #expect(try ImageProcessorSettings(directory: directory.path).name == "CLIPImageProcessor")
      try Data(joint.utf8).write(to: file)
      #expect(try ImageProcessorSettings(directory: directory.path).name == "SiglipImageProcessor")
    }
  }

  @Test func cutsTilesWhereInternVLsProcessorDoes() throws {
    let image = #"{"image_processor_type": "GotOcr2ImageProcessor", "crop_to_patches": false}"#
    let joint = #"{"image_processor": \#(image), "processor_class": "InternVLProcessor"}"#
    let cases: [(files: [String: String], cuts: Bool)] = [
      (["preprocessor_config.json": image], false),
      (["preprocessor_config.json": image, "config.json": #"{"model_type": "internvl"}"#], true),
      (["preprocessor_config.json": image, "config.json": #"{"source": {"model_type": "internvl"}}"#], true),
      (["preprocessor_config.json": image, "config.json": #"{"model_type": "got_ocr2"}"#], false),
      (["processor_config.json": joint], true),
    ]
    for (files, cuts) in cases {
      try Fixture.withTemporaryDirectory { directory in
        for (name, text) in files { try Data(text.utf8).write(to: directory.appending(path: name)) }
        #expect(try ImageProcessorSettings(directory: directory.path).cutsTiles == cuts, "\(files)")
      }
    }
  }

  /// Whatever ending the class has, transformers takes torchvision's; only what torch cannot do is left to Pillow.
  @Test func choosesTheArithmeticThatTheOfficialProcessorHas() throws {
    let cases: [(String, Resampler)] = [
      (#"{"image_processor_type": "SiglipImageProcessor"}"#, Resampler(.bicubic, as: .torch)),
      (
        #"{"image_processor_type": "SiglipImageProcessorPil", "resample": 2}"#,
        Resampler(.bilinear, as: .torch)
      ),
      (
        #"{"image_processor_type": "Idefics3ImageProcessorFast", "resample": 1}"#,
        Resampler(.lanczos, as: .torch)
      ),
      (#"{"image_processor_type": "SiglipImageProcessor", "resample": 4}"#, Resampler(.box, as: .pillow)),
    ]
    for (text, expected) in cases {
      try Fixture.withTemporaryDirectory { directory in
        try Data(text.utf8).write(to: directory.appending(path: "preprocessor_config.json"))
        #expect(try ImageProcessorSettings(directory: directory.path).resampler() == expected)
      }
    }
    let native = Fixture.url("processors/internvl_native").path
    #expect(try ImageProcessorSettings(directory: native).resampler() == Resampler(.bicubic, as: .pillow))
  }

  @Test func readsOldAndNewSpellings() throws {
    let spellings = [
      #"{"feature_extractor_type": "CLIPFeatureExtractor", "size": 20, "crop_size": 20}"#,
      #"{"image_processor_type": "CLIPImageProcessorFast", "size": {"shortest_edge": 20},"#
        + #" "crop_size": {"height": 20, "width": 20}}"#,
    ]
    let picture = try RGBImage(contentsOf: Fixture.url("images/pictures/odd.png").path)
    var made: [[Float]] = []
    for (index, text) in (spellings + [#"{"image_processor": \#(spellings[1])}"#]).enumerated() {
      try Fixture.withTemporaryDirectory { directory in
        let file = index == 2 ? "processor_config.json" : "preprocessor_config.json"
        try Data(text.utf8).write(to: directory.appending(path: file))
        let processor = try ImageProcessorRegistry.open(directory.path, packer: PatchPacker(patchSize: 10))
        made.append(try processor.prepare(picture).tiles[0].patches.values)
      }
    }
    #expect(made[0].count == 2 * 2 * 3 * 10 * 10)
    #expect(made[1] == made[0] && made[2] == made[0])
  }

  static func prepare(_ test: Case) throws -> PreparedImage {
    let picture = try RGBImage(contentsOf: Fixture.url("images/pictures/\(test.picture)").path)
    return try ImageProcessorRegistry.open(test.directory, packer: test.packer).prepare(picture)
  }

  /// The 8-bit values behind a prepared image, in the layout of the reference.
  static func bytes(_ test: Case, _ prepared: PreparedImage) throws -> [UInt8] {
    let siglip = test.settings.hasPrefix("siglip")
    let mean: [Float] = siglip ? [0.5, 0.5, 0.5] : [0.48145466, 0.4578275, 0.40821073]
    let deviation: [Float] = siglip ? [0.5, 0.5, 0.5] : [0.26862954, 0.26130258, 0.27577711]
    func byte(_ value: Float, _ channel: Int) -> UInt8 {
      UInt8(((value * deviation[channel] + mean[channel]) * 255).rounded())
    }
    if test.isPacked {
      // Each patch is channels x 2 equal frames x 196 pixels; the reference keeps one frame.
      return prepared.tiles[0].patches.values.enumerated().compactMap { index, value in
        let within = index % (3 * 2 * 196)
        return within % 392 < 196 ? byte(value, within / 392) : nil
      }
    }
    let values = unpacked(prepared)
    return values.enumerated().map { byte($1, $0 * 3 / values.count) }
  }

  /// Patches of side 2 back to planes, so that the whole picture can be compared.
  static func unpacked(_ prepared: PreparedImage) -> [Float] {
    let grid = prepared.tiles[0].grid
    let (height, width) = (grid.rows * 2, grid.columns * 2)
    let patches = prepared.tiles[0].patches.values
    var planes = [Float](repeating: 0, count: 3 * height * width)
    for (token, cell) in grid.coordinates(mergeSize: 1).enumerated() {
      for index in 0..<12 {
        let (channel, row, column) = (index / 4, cell.row * 2 + index / 2 % 2, cell.column * 2 + index % 2)
        planes[(channel * height + row) * width + column] = patches[token * 12 + index]
      }
    }
    return planes
  }
}
