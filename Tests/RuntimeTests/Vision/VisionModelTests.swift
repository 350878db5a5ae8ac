import Foundation
import Mapping
import Runtime
import Tensors
import TestSupport
import Testing

@Suite struct VisionModelTests {
  static let families = ["clip", "qwen2_5_vl", "qwen2_vl", "siglip"]

  static func model(
    _ family: String, _ precision: Precision = .stored, dialect: String = "transformers-5"
  ) throws -> VisionModel {
    try VisionModel(.open(Fixture.url("families/\(family)/\(dialect)").path), precision: precision)
  }

  /// Patches that differ everywhere, deterministic in `seed`.
  static func image(_ model: VisionModel, _ grid: PatchGrid, seed: Int) -> PreparedImage {
    var state = UInt64(seed)
    return PreparedImage(
      patches: FloatTensor([grid.count, model.packer.patchValues]) {
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
        let (a, b) = (together[stage][index], alone[stage][0])
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
      #expect(one.stages == [stage])
      #expect(one[stage][0].values.values == all[stage][0].values.values)
    }
  }

  /// What the first of two encoders ends in does not come between the two and their projector.
  @Test func twoEncodersAreJoinedWhateverElseIsAskedFor() throws {
    let model = try Self.model("openvla", dialect: "prismatic")
    let names = model.stages.map(\.name)
    #expect(names.contains("vision.norm") && names.contains("vision.fused.blocks.1"))
    #expect(names.suffix(2) == ["vision.joined", "projector"])
    for name in names { #expect(Stage(name: name)?.name == name) }
    #expect(model.path.map(\.name).filter { $0.hasSuffix("norm") }.isEmpty)
    let image = Self.image(model, PatchGrid(rows: 3, columns: 3), seed: 7)
    let all = try model.run([image], taps: Set(model.stages))
    for stage in model.stages {
      let one = try model.run([image], taps: [stage])
      #expect(one[stage][0].values.values == all[stage][0].values.values, "\(stage)")
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
        && Stage(name: "vision.deepstack.0") == nil && Stage(name: "projector.norm") == nil
        && Stage(name: "language") == nil)
  }

  @Test func laysActivationsOutAsThePicture() throws {
    let model = try Self.model("qwen2_5_vl")
    let grid = PatchGrid(frames: 2, rows: 6, columns: 4)
    let taps = try model.run([Self.image(model, grid, seed: 4)], taps: [.vision(.block(0)), .projector])
    let block = taps[.vision(.block(0))][0].pictures[0]
    #expect(block.grid == grid && block.mergeSize == 2 && block.leadingTokens == 0)
    #expect(block.token(row: 0, column: 1) == 1 && block.token(row: 1, column: 0) == 2)
    #expect(block.token(row: 0, column: 2) == 4 && block.token(row: 5, column: 3, frame: 1) == 47)
    let projector = taps[.projector][0].pictures[0]
    #expect(projector.grid == PatchGrid(frames: 2, rows: 3, columns: 2))
    #expect(projector.token(row: 2, column: 1, frame: 1) == 11)
    #expect(taps[.projector][0].values.shape.dimensions == [12, 64] && taps[.projector][0].textRows.isEmpty)

    let clip = try Self.model("clip")
    let tokens = try clip.run(
      [Self.image(clip, PatchGrid(rows: 4, columns: 4), seed: 4)], taps: [.vision(.block(1)), .vision(.pooled)])
    let patches = tokens[.vision(.block(1))][0].pictures[0]
    #expect(patches.leadingTokens == 1 && patches.token(row: 0, column: 0) == 1)
    let pooled = tokens[.vision(.pooled)][0]
    #expect(pooled.pictures[0].grid == nil && pooled.values.shape.dimensions == [1, 32])
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
      (odd, .vision(.embeddings), "runtime.input.grid"), (narrow, .vision(.embeddings), "runtime.input.shape"),
      (fitting, .vision(.pooled), "runtime.stage.unknown"), (fitting, .vision(.block(3)), "runtime.stage.unknown"),
    ]
    for (image, stage, code) in cases {
      let error = try #require(throws: VLMError.self) { _ = try model.run([image], taps: [stage]) }
      #expect(error.code.rawValue == code)
    }
    let none = try model.run([], taps: [.projector])
    #expect(none[.projector].isEmpty)
  }
}
