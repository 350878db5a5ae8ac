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

  /// One path from pixels to logits: samples run together leave what each leaves by itself, and say which rows are a
  /// picture's and which are words.
  @Test func runsSamplesToTheStagesAskedFor() throws {
    let model = try Self.model()
    let picture = try RGBImage(contentsOf: Fixture.url("images/frame.png").path)
    let samples = ["Where is the gripper?", "Describe the scene."].map {
      Sample(images: [picture], instruction: $0)
    }
    let stages: Set<Stage> = [.vision(.block(0)), .projector, .language(.embeddings), .logits]
    #expect(stages.isSubset(of: model.stages))
    let all = try model.run(samples, at: stages)
    #expect(all.stages == stages && stages.allSatisfy { all[$0].count == 2 })
    for (index, sample) in samples.enumerated() {
      let one = try model.run([sample], at: stages)
      for stage in stages {
        // Other row counts may split products differently: rounding only.
        let (a, b) = (all[stage][index].values.values, one[stage][0].values.values)
        #expect(a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= 1e-4 * max(1, abs($1)) }, "\(stage)")
      }
      let (features, embedded) = (one[.projector][0], one[.language(.embeddings)][0])
      let place = embedded.pictures[0]
      #expect(place.rows.count == features.tokenCount && place.grid == features.pictures[0].grid)
      #expect(embedded.textRows.count == embedded.tokenCount - features.tokenCount)
      for (row, token) in place.rows.enumerated() {
        let width = features.width
        #expect(
          embedded.values.values[token * width..<(token + 1) * width]
            == features.values.values[row * width..<(row + 1) * width])
      }
      let logits = one[.logits][0].values
      let last = Array(logits.values.suffix(logits.rowWidth))
      var options = VisionLanguageModel.Options()
      options.limit = 1
      let written = try model.generate(sample.instruction!, images: [picture], options: options) { _ in }
      #expect(written.tokens.isEmpty || written.tokens[0] == last.indices.max { last[$0] < last[$1] })
    }
    let unknown = #expect(throws: VLMError.self) { try model.run(samples, at: [.joined]) }
    #expect(unknown?.code.rawValue == "runtime.stage.unknown")
    let sighted = try VisionLanguageModel(model.checkpoint, sides: [.vision])
    #expect(sighted.stages.last == .projector)
    #expect(throws: VLMError.self) { try sighted.run(samples, at: [.logits]) }
  }
}
