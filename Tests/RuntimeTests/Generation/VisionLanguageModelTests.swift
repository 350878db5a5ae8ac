import Foundation
import Images
import Mapping
import Runtime
import Tensors
import TestSupport
import Testing

/// Whole answers against transformers' (fixtures/oracle/make_generation.py).
@Suite struct VisionLanguageModelTests {
  struct Case: Decodable, CustomTestStringConvertible {
    let images: [String]
    let prompt: String
    let rendered: String
    let tokens: [Int]
    let written: [Int]
    let answer: String
    var testDescription: String { "\(images.count) pictures: \(prompt)" }
  }

  static let cases = try! JSONDecoder().decode(
    [Case].self, from: Data(contentsOf: Fixture.url("language/generation.json")))

  static func model() throws -> VisionLanguageModel {
    try VisionLanguageModel(MappedCheckpoint.open(Fixture.url("tabletop-vlm").path))
  }

  @Test(arguments: cases) func writesWhatTransformersWrites(_ test: Case) throws {
    let images = try test.images.map { try RGBImage(contentsOf: Fixture.url($0).path) }
    var options = VisionLanguageModel.Options()
    options.limit = 32
    var pieces: [String] = []
    let summary = try Self.model().generate(test.prompt, images: images, options: options) {
      pieces.append($0)
    }
    #expect(summary.promptTokens == test.tokens.count)
    #expect(summary.text == test.answer)
    #expect(pieces.joined() == test.answer)
    // transformers' ids end in the stop token, which is not written here.
    #expect(summary.tokens == Array(test.written.prefix(summary.tokens.count)))
    #expect(summary.ended == (test.written.count < 32 || test.written.last == 520))
  }

  @Test(arguments: cases) func rawPromptsAreTakenAsTheyAre(_ test: Case) throws {
    let images = try test.images.map { try RGBImage(contentsOf: Fixture.url($0).path) }
    var options = VisionLanguageModel.Options()
    options.limit = 1
    options.isRaw = true
    let summary = try Self.model().generate(test.rendered, images: images, options: options) { _ in }
    #expect(summary.promptTokens == test.tokens.count)
  }

  @Test func promptsWithoutPlacesForTheirImagesAreRefused() throws {
    var options = VisionLanguageModel.Options()
    options.isRaw = true
    let image = try RGBImage(contentsOf: Fixture.url("images/frame.png").path)
    let error = try #require(throws: VLMError.self) {
      try Self.model().generate("no place", images: [image], options: options) { _ in }
    }
    #expect(error.code == .promptImages, "\(error)")
  }

  /// From pictures and a question to text with small random models: Idefics3's tiles, PaliGemma's prefix that attends both
  /// ways, Kosmos-2's own ids for features.
  @Test(arguments: PromptCases.answers) func writesWhatEveryFamilyWrites(_ test: PromptCases.Answer) throws {
    try PromptCases.withCheckpoint(test.family, checkpoint: "prompts/models/\(test.family)") { checkpoint in
      let images = try test.images.map { try RGBImage(contentsOf: Fixture.url("images/\($0)").path) }
      var options = VisionLanguageModel.Options()
      options.limit = 12
      let summary = try VisionLanguageModel(checkpoint).generate(
        test.question, images: images, options: options
      ) { _ in }
      #expect(summary.tokens == test.written)
      #expect(summary.text == test.text)
    }
  }

  @Test func aSeedGivesTheSameText() throws {
    let model = try Self.model()
    var options = VisionLanguageModel.Options()
    options.limit = 16
    options.sampling = .init(temperature: 1.5, topK: 50, seed: 11)
    let one = try model.generate("Describe the scene.", images: [], options: options) { _ in }
    let other = try model.generate("Describe the scene.", images: [], options: options) { _ in }
    #expect(one.tokens == other.tokens)
  }

  /// An answer that the model cannot finish is an error, not an answer.
  @Test func saysWhereDynamicPositionsEnd() throws {
    try Fixture.withTemporaryDirectory { directory in
      let folder = directory.appending(path: "model")
      try FileManager.default.copyItem(at: Fixture.url("tabletop-vlm"), to: folder)
      let file = folder.appending(path: "config.json")
      let text = try String(contentsOf: file, encoding: .utf8)
        .replacing("\"max_position_embeddings\": 512", with: "\"max_position_embeddings\": 26")
        .replacing(
          "\"rope_type\": \"default\"", with: "\"rope_type\": \"dynamic\", \"factor\": 1.0",
          maxReplacements: 1)
      try Data(text.utf8).write(to: file)
      let model = try VisionLanguageModel(MappedCheckpoint.open(folder.path))
      var (options, pieces) = (VisionLanguageModel.Options(), 0)
      options.limit = 64
      let error = try #require(throws: VLMError.self) {
        _ = try model.generate("Describe the scene.", images: [], options: options) { _ in pieces += 1 }
      }
      #expect(pieces > 0 && error.message.contains("rotary positions"), "\(error)")
    }
  }
}
