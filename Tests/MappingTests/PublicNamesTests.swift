import Foundation
import Tensors
import TestSupport
import Testing

@testable import Mapping

/// Public models at full size, by names, dtypes and shapes.
@Suite struct PublicNamesTests {
  /// Folders of `fixtures/names`.
  static let models = try! FileManager.default.contentsOfDirectory(atPath: Fixture.url("names").path)
    .filter { !dialects(of: $0).isEmpty }.sorted()

  static func dialects(of model: String) -> [String] {
    try! FileManager.default.contentsOfDirectory(atPath: Fixture.url("names/\(model)").path)
      .filter { $0.hasSuffix(".txt") }.map { String($0.dropLast(4)) }.filter { name in
        !otherContainers.contains { name.hasPrefix($0) }
      }
      .sorted()
  }

  static let listings = models.flatMap { model in dialects(of: model).map { "\(model)/\($0)" } }

  /// Every dialect of every family that safetensors files come in has a public model here.
  @Test func everyFamilyHasAFixture() throws {
    let found = Set(
      try Self.listings.map { name in
        let configuration = try NameListing(name).mapped().configuration
        return "\(configuration.family).\(configuration.dialect)"
      })
    let known = try FamilyCatalog.builtIn().files.map(\.id)
    let elsewhere = known.filter { id in Self.otherContainers.contains { id.contains(".\($0)") } }
    #expect(Set(known).subtracting(found).subtracting(elsewhere).sorted() == [])
  }

  /// Those of other libraries have tests of their own: KerasHub's names, the files of llama.cpp's converter, what mlx-vlm writes.
  private static let otherContainers = ["kerashub", "tf2", "keras", "gguf", "mlx"]

  @Test(arguments: listings) func coversExactly(name: String) throws {
    try NameListing(name).expectExactCoverage()
  }

  @Test(arguments: listings) func countsParameters(name: String) throws {
    try NameListing(name).expectCounts()
  }

  @Test(arguments: models) func dialectsGiveOneConfiguration(model: String) throws {
    let configurations = try Self.dialects(of: model).map { dialect in
      var configuration = try NameListing("\(model)/\(dialect)").mapped().configuration
      configuration.dialect = ""
      // What old and new files say in different words, and nothing computes with.
      configuration.language?.maxPositions = nil
      // InternVL's authors keep the placeholder's id in the tokenizer, and their code begins prompts otherwise.
      if configuration.family == "internvl" {
        configuration.language?.imageTokenId = nil
        configuration.prompt = nil
      }
      return configuration
    }
    for configuration in configurations { #expect(configuration == configurations[0]) }
  }

  @Test(arguments: listings) func leadsBackToTheSameNames(name: String) throws {
    try NameListing(name).expectTheSameNames(from: .hf)
  }

  @Test func countsTheTwoBillionParametersOfQwen2VL() throws {
    let summary = CheckpointSummary(try NameListing("qwen2-vl-2b/transformers-4").mapped())
    // reference/real_configs.md
    #expect(summary.tensors == 729)
    #expect(summary.bytes == 4_417_971_200)
    #expect(summary.tiedEmbeddings == true && !summary.hasCopyOfTiedHead)
    #expect(summary.modelClass == "Qwen2VLForConditionalGeneration")
  }

  @Test func readsTheConfigurationOfQwen25VL() throws {
    let configuration = try NameListing("qwen2.5-vl-7b/transformers-4").mapped().configuration
    let vision = try #require(configuration.vision)
    #expect(vision.depth == 32 && vision.width == 1280 && vision.heads == 16 && vision.mlpWidth == 3420)
    #expect(vision.windowSize == 112 && vision.fullAttentionBlocks == [7, 15, 23, 31])
    #expect(vision.mlp == .gated && vision.norm == .rmsNorm && vision.activation == .silu)
    #expect(configuration.projector?.layerWidths == [5120, 3584])
    let language = try #require(configuration.language)
    #expect(
      language.headWidth == 128 && language.keyValueHeads == 4 && language.mropeSections == [16, 24, 24])
    #expect(language.ropeTheta == 1e6 && language.normEpsilon == 1e-6 && !language.tiedEmbeddings)
  }

  @Test func readsTheConfigurationOfCLIP() throws {
    let configuration = try NameListing("clip-l14-336/transformers-4").mapped().configuration
    #expect(configuration.vision?.nativeGrid == 24 && configuration.vision?.normEpsilon == 1e-5)
    #expect(configuration.vision?.activation == .quickGelu && configuration.vision?.pooling == .classToken)
    #expect(configuration.projector?.outputWidth == 768)
    #expect(configuration.language?.learnedPositions == 77 && configuration.language?.projectionWidth == 768)
    #expect(try NameListing("clip-l14-336-vision/transformers-5").mapped().configuration.projector == nil)
    #expect(
      try NameListing("clip-l14-336-vision-projection/transformers-5").mapped().configuration.projector != nil
    )
  }
}
