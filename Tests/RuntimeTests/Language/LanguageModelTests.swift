import Foundation
import Mapping
import Runtime
import Tensors
import TestSupport
import Testing

@Suite struct LanguageModelTests {
  static func model(_ folder: String = "tabletop-vlm") throws -> LanguageModel {
    try LanguageModel(MappedCheckpoint.open(Fixture.url(folder).path))
  }

  /// A cache filled in one piece, in pieces and token by token gives the same logits as a run without one; windows and the states of
  /// linear attention too.
  @Test(
    arguments: [[9], [4, 5], [1, 3, 5], [1, 1, 1, 1, 1, 1, 1, 1, 1]],
    ["tabletop-vlm", "families/qwen3_5/transformers", "families/qwen3_5_moe/transformers", "families/gemma3/transformers-4"])
  func cacheChangesNothing(_ pieces: [Int], _ folder: String) throws {
    let model = try Self.model(folder)
    let tokens = (0..<9).map { 3 + 7 * $0 }
    let whole = try model.run(Prompt(tokens, for: model.language), taps: [.logits])[.logits]
    let expected = whole[0].values
    let cache = model.makeCache()
    var start = 0
    for piece in pieces {
      let input = try Prompt(Array(tokens[start..<start + piece]), for: model.language)
      let logits = try model.extend(cache, with: input)
      start += piece
      let row = expected.base + (start - 1) * expected.rowWidth
      let largest = logits.indices.reduce(Float(0)) { max($0, abs(row[$1])) }
      for index in logits.indices {
        // Sums run in other orders where rows differ in number.
        #expect(abs(logits[index] - row[index]) <= 1e-5 * largest)
      }
    }
    #expect(cache.count == tokens.count)
  }

  /// Stages of the language model by themselves are what they are among all, and later blocks are not run for them.
  @Test func computesNoFurtherThanTheLastTap() throws {
    let model = try Self.model()
    #expect(model.stages.map(\.name).suffix(2) == ["language.norm", "logits"])
    for name in model.stages.map(\.name) { #expect(Stage(name: name)?.name == name) }
    let input = try Prompt((0..<9).map { 3 + 7 * $0 }, for: model.language)
    let all = try model.run(input, taps: Set(model.stages))
    for stage in model.stages {
      let one = try model.run(input, taps: [stage])
      #expect(one.stages == [stage])
      #expect(one[stage][0].values.values == all[stage][0].values.values)
      #expect(one[stage][0].textRows == Array(0..<9))
    }
  }

  @Test func refusesWhatDoesNotFit() throws {
    let model = try Self.model()
    let language = model.language
    let features = ImageFeatures(StageActivation(values: FloatTensor([2, language.width]) { _ in }, grid: nil))
    let image = try #require(language.imageTokenId)
    func code(_ body: () throws -> Void) -> String? {
      do { try body() } catch let error as VLMError { return error.code.rawValue } catch {}
      return nil
    }
    for token in [language.vocabularySize, -1] {
      let unknown = try Prompt([token], for: language)
      #expect(code { _ = try model.run(unknown, taps: [.logits]) } == "runtime.input.tokens")
      #expect(code { _ = try model.extend(model.makeCache(), with: unknown) } == "runtime.input.tokens")
    }
    #expect(
      code { _ = try Prompt([1, image], images: [features], for: language) } == "runtime.input.tokens")
    #expect(code { _ = try Prompt([image], for: language) } == "runtime.input.tokens")
    let narrow = ImageFeatures(StageActivation(values: FloatTensor([1, language.width - 1]) { _ in }, grid: nil))
    #expect(code { _ = try Prompt([image], images: [narrow], for: language) } == "runtime.input.shape")
    #expect(throws: VLMError.self) {
      _ = try model.extend(model.makeCache(), with: Prompt([], for: language))
    }
  }

  /// A state has seen what is before a token, and nothing else: there is no prefix that attends both ways, and no keys to look at later.
  @Test func linearAttentionIsCausal() throws {
    let model = try Self.model("families/qwen3_5/transformers")
    let query = [Float](repeating: 0, count: model.language.width)
    for input in [
      try Prompt([5, 6, 7], prefix: 3, for: model.language), try Prompt([5, 6, 7], query: query, for: model.language),
    ] {
      let error = try #require(throws: VLMError.self) {
        if input.query == nil { _ = try model.run(input, taps: [.logits]) } else { _ = try model.context(input) }
      }
      #expect(error.code.rawValue == "runtime.input.tokens" && error.message.contains("linear attention"))
    }
    // With all of the prompt before it, a query runs as any token does.
    #expect(try model.lastState(Prompt([5, 6, 7], query: query, for: model.language)).count == query.count)
  }

  @Test func dualEncodersHaveNoDecoder() throws {
    let checkpoint = try MappedCheckpoint.open(Fixture.url("families/clip/transformers-5").path)
    #expect(throws: VLMError.self) { try LanguageModel(checkpoint) }
  }
}
