import Foundation
import Images
import Mapping
import Runtime
import Tensors
import TestSupport
import Testing

/// Prompts token for token as the official processors write them.
@Suite struct PromptWriterTests {
  static func prompt(_ test: PromptCases.Prompt, _ checkpoint: MappedCheckpoint) throws -> Prompt {
    let vision = try VisionModel(checkpoint)
    let prepared = try test.images.map {
      try vision.prepare(RGBImage(contentsOf: Fixture.url("images/\($0)").path))
    }
    let images = vision.features(prepared, try vision.run(prepared, taps: Set(vision.featureStages)))
    let writer = try PromptWriter(checkpoint)
    return try test.raw
      ? writer.prompt(raw: test.question, images: images)
      : writer.prompt(test.question, images: images, system: test.system)
  }

  @Test func coversTheFamilies() {
    #expect(PromptCases.file.families.count >= 14)
    #expect(Set(PromptCases.file.cases.map(\.family)) == Set(PromptCases.file.families.keys))
  }

  @Test(arguments: PromptCases.file.cases) func tokensAreTheProcessors(_ test: PromptCases.Prompt) throws {
    try PromptCases.withCheckpoint(test.family) { checkpoint in
      let prompt = try Self.prompt(test, checkpoint)
      var (tokens, rows) = (prompt.tokens, prompt.imageRows)
      if let place = checkpoint.configuration.language?.imageInsertion {
        // Theirs has no tokens for an image; the features go in when it runs.
        #expect(rows == Array(place..<place + rows.count) && rows.isEmpty == test.images.isEmpty)
        tokens.removeSubrange(place..<place + rows.count)
        rows = []
      }
      #expect(tokens == test.tokens)
      #expect(rows == test.imageRows)
    }
  }

  /// Images of one tile each; what a prompt asks of them is their number only.
  static func images(_ count: Int, of checkpoint: MappedCheckpoint) throws -> [ImageFeatures] {
    let image = try VisionModel(checkpoint).prepare(
      RGBImage(contentsOf: Fixture.url("images/pictures/dot.png").path))
    let width = try #require(checkpoint.configuration.language).width
    let features = StageActivation(values: FloatTensor([4, width]) { _ in }, grid: nil)
    return Array(repeating: ImageFeatures(features, of: image), count: count)
  }

  /// InternVL's own config.json does not say which token stands for images; the tokenizer must.
  @Test func imageTokenIsLookedUpInTheTokenizer() throws {
    try PromptCases.withCheckpoint("internvl_native") { checkpoint in
      #expect(checkpoint.configuration.language?.imageTokenId == nil)
    }
    try PromptCases.withCheckpoint("internvl_native", without: "<IMG_CONTEXT>") { checkpoint in
      let writer = try PromptWriter(checkpoint)
      let error = #expect(throws: VLMError.self) {
        try writer.prompt("What is this?", images: Self.images(1, of: checkpoint))
      }
      #expect(error?.code == .promptImages)
      #expect(error?.message.contains("no token <IMG_CONTEXT>") == true)
      #expect(error?.file?.hasSuffix("tokenizer.json") == true)
      #expect(try !writer.prompt("Hello", images: []).tokens.isEmpty)
    }
  }

  @Test(arguments: ["kosmos2", "openvla"]) func oneImageIsAllTheyTake(_ family: String) throws {
    try PromptCases.withCheckpoint(family) { checkpoint in
      let writer = try PromptWriter(checkpoint)
      _ = try writer.prompt("Where?", images: Self.images(1, of: checkpoint))
      #expect(throws: VLMError.self) { try writer.prompt("Where?", images: Self.images(2, of: checkpoint)) }
    }
  }

  @Test(arguments: ["paligemma", "kosmos2", "openvla"])
  func aSystemPromptWithoutAPlaceIsRefused(_ family: String) throws {
    try PromptCases.withCheckpoint(family) { checkpoint in
      #expect(throws: VLMError.self) {
        try PromptWriter(checkpoint).prompt("Where?", images: [], system: "Be brief.")
      }
    }
  }

  /// Also where the question spells the image token.
  @Test(arguments: [0, 1, 3]) func imagesAndTheirPlacesMustBeAsMany(_ count: Int) throws {
    try PromptCases.withCheckpoint("smolvlm") { checkpoint in
      let writer = try PromptWriter(checkpoint)
      let images = try Self.images(count, of: checkpoint)
      #expect(throws: VLMError.self) { try writer.prompt(raw: "<image> or <image>", images: images) }
      #expect(throws: VLMError.self) { try writer.prompt("is it <image>?", images: images) }
    }
  }
}
