import ActionTokens
import Files
import Foundation
import Images
import Mapping
import Tensors
import TestSupport
import Testing

@testable import Jarvis
@testable import Runtime

/// The tiny Qwen2-VL of fixtures/oracle/make_jarvis_agent.py against transformers, token by token.
@Suite struct AgentTests {
  struct Truth: Decodable {
    struct Run: Decodable, Sendable, CustomTestStringConvertible {
      let history: Int
      let firstPrompt: [Int]
      let promptTokens: [Int]
      let promptsSHA256: String
      let answers: [[Int]]
      var testDescription: String { "history \(history)" }
    }

    let instruction: String
    let frames: Int
    let histories: [Run]
    let jpegSHA256: String

    static let file = try! JSONDecoder().decode(Truth.self, from: Data(contentsOf: Fixture.url("jarvis/agent/agent.json")))
  }

  static let frames = (0..<Truth.file.frames).map { number in
    let name = String(number)
    return try! RGBImage(
      contentsOf: Fixture.url("jarvis/agent/frames/\(String(repeating: "0", count: 3 - name.count))\(name).png").path)
  }

  private func model(_ precision: Precision = .stored) throws -> VisionLanguageModel {
    try VisionLanguageModel(MappedCheckpoint.open(Fixture.url("jarvis/agent/model").path), precision: precision)
  }

  private func run(_ model: VisionLanguageModel, history: Int, frames: Int = .max) throws -> [Agent.Answer] {
    var settings = Agent.Settings()
    settings.history = history
    var agent = try Agent(model, AgentTask(instruction: Truth.file.instruction), settings)
    return try Self.frames.prefix(frames).map { try #require(try agent.act(on: $0).answer) }
  }

  @Test(arguments: Truth.file.histories) func answersAsTransformersDoes(_ truth: Truth.Run) throws {
    let (model, hash) = (try model(), SHA256())
    let writer = try model.promptWriter()
    let answers = try run(model, history: truth.history)
    #expect(answers.map(\.summary.tokens) == truth.answers)
    #expect(answers.map(\.summary.promptTokens) == truth.promptTokens)
    #expect(answers.allSatisfy { $0.summary.ended && $0.decoded.holdsAction && $0.decoded.remarks.isEmpty })
    // The prompts' ids, whose number is known: of pictures only how many tokens they have matters.
    for (place, answer) in answers.enumerated() {
      let images = answer.question.conversation.flatMap(\.images)
      let seen = try images.map { _ in try Self.features(model) }
      let tokens = try writer.prompt(answer.question.conversation, images: seen).tokens
      if place == 0 { #expect(tokens == truth.firstPrompt) }
      tokens.map { Int32($0).littleEndian }.withUnsafeBytes { hash.update($0) }
    }
    #expect(hash.finish() == truth.promptsSHA256)
  }

  /// Of the first frame; all frames have as many.
  private static func features(_ model: VisionLanguageModel) throws -> ImageFeatures {
    let vision = try model.sightedModel()
    let prepared = [try vision.prepare(frames[0])]
    return vision.features(prepared, try vision.run(prepared, taps: Set(vision.featureStages)))[0]
  }

  /// Quantized it presses what it pressed before in nearly all frames.
  @Test func int8AgreesNearlyAlways() throws {
    let answers = try run(model(.int8), history: 0)
    let truth = try #require(Truth.file.histories.first { $0.history == 0 })
    let agreeing = zip(answers, truth.answers).count { $0.summary.tokens == $1 }
    #expect(agreeing >= 190, "\(agreeing) of 200")
  }

  /// What is remembered of a picture is what is made of it anew.
  @Test func picturesThatWereSeenChangeNothing() throws {
    let (model, frames) = (try model(), Self.frames)
    let conversation = [
      Turn(role: "user", content: [.text("hit the red pillar.\nobservation: \n"), .image(frames[0])]),
      Turn("assistant", "\n"), Turn(role: "user", content: [.text("\nobservation: \n"), .image(frames[1])]),
    ]
    var options = VisionLanguageModel.Options()
    options.keepsSpecialTokens = true
    let plain = try model.generate(conversation, options: options)
    options.seen = SeenPictures()
    let first = try model.generate(conversation, options: options)
    #expect(try model.generate(conversation, options: options).tokens == first.tokens && first.tokens == plain.tokens)
    #expect(plain.text.hasPrefix(ActionVocabulary.spelling(of: ActionVocabulary.begin)))
    options.keepsSpecialTokens = false
    #expect(try model.generate(conversation, options: options).text.isEmpty)
  }

  @Test func aSeedGivesTheSameAnswersAgain() throws {
    let model = try model()
    func answers(_ seed: UInt64) throws -> [[Int]] {
      var settings = Agent.Settings()
      (settings.temperature, settings.seed) = (3, seed)
      var agent = try Agent(model, AgentTask(instruction: Truth.file.instruction), settings)
      return try Self.frames.prefix(12).map { try #require(try agent.act(on: $0).answer).summary.tokens }
    }
    #expect(try answers(7) == answers(7))
    #expect(try answers(7) != answers(8))
  }

  @Test func otherIdsAreSaid() throws {
    let agent = try Agent(model(), AgentTask(instruction: "hit the red pillar."))
    #expect(agent.notices.count == 1 && agent.notices[0].message.contains("decodes by fixed ids"))
  }

  @Test func aModelWithoutActionTokensIsRefused() throws {
    let checkpoint = try MappedCheckpoint.open(Fixture.url("follower-vlm").path)
    let error = #expect(throws: VLMError.self) {
      try Agent(VisionLanguageModel(checkpoint), AgentTask(instruction: "dig"))
    }
    #expect(error?.code == .agentTokens)
  }
}
