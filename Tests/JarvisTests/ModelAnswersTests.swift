import Files
import Foundation
import Mapping
import Runtime
import Tensors
import TestSupport
import Testing

@testable import Jarvis

/// Rows asked of the tiny Qwen2-VL, against what transformers answers to them: fixtures/oracle/make_jarvis_answers.py.
@Suite struct ModelAnswersTests {
  private struct Truth: Decodable {
    struct Answer: Decodable {
      let id: String
      let tokens: [Int]
      let text: String
    }

    let answers: [Answer]
  }

  private static let folder = Fixture.url("jarvis/agent")
  private static let truth = try! JSONDecoder().decode(Truth.self, from: Data(contentsOf: folder.appending(path: "questions.json"))).answers

  private func questions() throws -> [Question] {
    try QuestionSet([Self.folder.appending(path: "questions.jsonl").path], .init()).questions
  }

  private func model() throws -> VisionLanguageModel {
    try VisionLanguageModel(MappedCheckpoint.open(Self.folder.appending(path: "model").path))
  }

  @Test func answersAreThoseOfTransformers() throws {
    let (questions, model) = (try questions(), try model())
    #expect(questions.map(\.id) == Self.truth.map(\.id))
    let said = try ModelAnswers(model, named: "tiny", questions: questions, limit: 64)
    #expect(said.answers.map(\.text) == Self.truth.map(\.text))
    // Counted with the token that ends it.
    #expect(said.answers.map(\.tokens) == Self.truth.map { $0.tokens.count + 1 } || said.answers.map(\.tokens) == Self.truth.map(\.tokens.count))
    // Special tokens stay where a place is looked for, and there alone.
    #expect(zip(questions, said.answers).allSatisfy { ($0.kind == .grounding) == $1.text.contains("<|reserved_special_token_") })
  }

  /// A run that was stopped goes on: what it asked is not asked again, what is asked otherwise is.
  @Test func aStoppedRunGoesOn() throws {
    try Fixture.withTemporaryDirectory { directory in
      let (model, path) = (try model(), AnswerJournal.path(beside: directory.appending(path: "answers.jsonl").path))
      let questions = Array(try questions().prefix(8))
      func ask(_ questions: [Question], _ identity: String) throws -> (said: ModelAnswers, taken: Int, unreadable: Int) {
        let journal = try AnswerJournal(path)
        let said = try ModelAnswers(model, named: "tiny", questions: questions, limit: 64, journal: journal, identity: identity)
        return (said, journal.taken, journal.unreadable)
      }
      let plain = try ModelAnswers(model, named: "tiny", questions: questions, limit: 64)
      #expect(try ask(Array(questions.prefix(5)), "a").taken == 0)
      // The last line was being written.
      let whole = try Data(contentsOf: URL(filePath: path))
      try (Data("no answer\n".utf8) + whole.dropLast(3)).write(to: URL(filePath: path))
      let again = try ask(questions, "a")
      #expect(again.taken == 4 && again.unreadable == 1 && again.said.answers == plain.answers)
      #expect(try ask(questions, "a").taken == 8)
      #expect(try ask(questions, "b").taken == 0)
      #expect(try ask(questions.reversed(), "b").taken == 8)
      let journal = try AnswerJournal(path)
      let error = #expect(throws: VLMError.self) { try AnswerJournal(path) }
      #expect(error?.code == .outputBusy)
      journal.remove()
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }

  @Test func aJournalKnowsItsCheckpoint() throws {
    try Fixture.withTemporaryDirectory { directory in
      let copy = directory.appending(path: "model")
      try FileManager.default.copyItem(at: Self.folder.appending(path: "model"), to: copy)
      func identity(_ precision: Precision = .stored, limit: Int = 8) throws -> String {
        AnswerJournal.identity(try MappedCheckpoint.open(copy.path), precision, limit: limit, version: "1")
      }
      let first = try identity()
      #expect(try identity() == first)
      #expect(try identity(.int8) != first && identity(limit: 9) != first)
      for name in ["model.safetensors", "tokenizer.json"] {
        let before = try identity()
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: copy.appending(path: name).path)
        #expect(try identity() != before, "\(name)")
      }
    }
  }
}
