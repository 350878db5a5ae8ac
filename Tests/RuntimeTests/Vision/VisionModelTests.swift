import Foundation
import Mapping
import Runtime
import Tensors
import TestSupport
import Testing

@Suite struct VisionModelTests {
  static let families = ["clip", "qwen2_5_vl", "qwen2_vl", "siglip"]

  static func model(_ family: String, _ precision: Precision = .stored) throws -> VisionModel {
    try VisionModel(.open(Fixture.url("families/\(family)/transformers-5").path), precision: precision)
  }

  /// Patches that differ everywhere, deterministic in `seed`.
  static func image(_ model: VisionModel, _ grid: PatchGrid, seed: Int) -> PreparedImage {
    let vision = model.configuration.vision!
    var state = UInt64(seed)
    return PreparedImage(
      patches: FloatTensor([grid.count, vision.patchValues]) {
        for index in $0.indices {
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          $0[index] = Float(Int32(truncatingIfNeeded: state >> 32)) * 0x1p-31
        }
      }, grid: grid)
  }

  @Test(arguments: families) func imagesInOneRunDoNotSeeEachOther(_ family: String) throws {
    let model = try Self.model(family)
    let images = [
      Self.image(model, PatchGrid(rows: 4, columns: 6), seed: 1),
      Self.image(model, PatchGrid(rows: 6, columns: 2), seed: 2),
      Self.image(model, PatchGrid(rows: 4, columns: 4), seed: 3),
    ]
    let together = try model.run(images, taps: Set(model.stages))
    for (index, image) in images.enumerated() {
      let alone = try model.run([image], taps: Set(model.stages))
      for stage in model.stages {
        let (a, b) = (together[stage]![index], alone[stage]![0])
        #expect(a.values.shape == b.values.shape)
        // Other row counts may split products differently: rounding only.
        #expect(
          zip(a.values.values, b.values.values).allSatisfy { abs($0 - $1) <= 1e-5 * max(1, abs($1)) },
          "\(stage)")
      }
    }
  }

  @Test(arguments: families) func computesNoFurtherThanTheLastTap(_ family: String) throws {
    let model = try Self.model(family)
    let image = Self.image(model, PatchGrid(rows: 4, columns: 4), seed: 5)
    let all = try model.run([image], taps: Set(model.stages))
    for stage in model.stages {
      let one = try model.run([image], taps: [stage])
      #expect(one.keys.elementsEqual([stage]))
      #expect(one[stage]![0].values.values == all[stage]![0].values.values)
    }
  }

  @Test func describesItsStages() throws {
    let names = try Self.families.map { try Self.model($0).stages.map(\.name) }
    #expect(names[0].suffix(2) == ["vision.pooled", "projector"])
    #expect(names[1] == ["vision.embeddings"] + (0..<4).map { "vision.blocks.\($0)" } + ["projector"])
    #expect(names[2] == ["vision.embeddings"] + (0..<3).map { "vision.blocks.\($0)" } + ["projector"])
    #expect(names[3].suffix(2) == ["vision.norm", "vision.pooled"])
    for name in names.joined() { #expect(Stage(name: name)?.name == name) }
    #expect(
      Stage(name: "vision.blocks.-1") == nil && Stage(name: "vision.blocks.") == nil
        && Stage(name: "logits") == nil)
  }

  @Test func laysActivationsOutAsThePicture() throws {
    let model = try Self.model("qwen2_5_vl")
    let grid = PatchGrid(frames: 2, rows: 6, columns: 4)
    let taps = try model.run([Self.image(model, grid, seed: 4)], taps: [.block(0), .projector])
    let block = taps[.block(0)]![0]
    #expect(block.grid! == (6, 4) && block.frames == 2 && block.mergeSize == 2 && block.leadingTokens == 0)
    #expect(block.token(row: 0, column: 1) == 1 && block.token(row: 1, column: 0) == 2)
    #expect(block.token(row: 0, column: 2) == 4 && block.token(row: 5, column: 3, frame: 1) == 47)
    let projector = taps[.projector]![0]
    #expect(projector.grid! == (3, 2) && projector.token(row: 2, column: 1, frame: 1) == 11)
    #expect(projector.values.shape.dimensions == [12, 64])

    let clip = try Self.model("clip")
    let tokens = try clip.run(
      [Self.image(clip, PatchGrid(rows: 4, columns: 4), seed: 4)], taps: [.block(1), .pooled])
    #expect(tokens[.block(1)]![0].leadingTokens == 1 && tokens[.block(1)]![0].token(row: 0, column: 0) == 1)
    #expect(tokens[.pooled]![0].grid == nil && tokens[.pooled]![0].values.shape.dimensions == [1, 32])
  }

  @Test func refusesInputsThatDoNotFit() throws {
    let model = try Self.model("qwen2_vl")
    let fitting = Self.image(model, PatchGrid(rows: 4, columns: 4), seed: 1)
    let odd = PreparedImage(
      patches: FloatTensor([15, fitting.tiles[0].patches.rowWidth]) { _ in },
      grid: PatchGrid(rows: 3, columns: 5))
    let narrow = PreparedImage(
      patches: FloatTensor([16, 588]) { _ in }, grid: PatchGrid(rows: 4, columns: 4))
    let cases: [(PreparedImage, Stage, String)] = [
      (odd, .embeddings, "runtime.input.grid"), (narrow, .embeddings, "runtime.input.shape"),
      (fitting, .pooled, "runtime.stage.unknown"), (fitting, .block(3), "runtime.stage.unknown"),
    ]
    for (image, stage, code) in cases {
      let error = try #require(throws: VLMError.self) { _ = try model.run([image], taps: [stage]) }
      #expect(error.code.rawValue == code)
    }
    let none = try model.run([], taps: [.embeddings])
    #expect(none[.embeddings]!.isEmpty)
  }
}
