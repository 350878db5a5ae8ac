import Foundation
import Statistics
import Tensors
import TestSupport
import Testing

@testable import Jarvis

@Suite struct JarvisEvaluationTests {
  static let folder = QuestionSetTests.folder

  static func evaluation(_ grouping: QuestionGrouping = .picture) throws -> JarvisEvaluation {
    let set = try QuestionSetTests.read("questions.jsonl")
    return try JarvisEvaluation(set, AnswerFile.read(folder.appending(path: "answers.jsonl").path, questions: set.questions).models, grouping: grouping)
  }

  /// Every answer is worth what the transcription of the protocol says.
  @Test func verdicts() throws {
    let evaluation = try Self.evaluation()
    #expect(evaluation.models.map(\.name) == ["first", "second"])
    for (number, model) in evaluation.models.enumerated() {
      for (verdict, expected) in zip(model.verdicts, QuestionSetTests.expected) {
        let wanted = expected.verdicts[number]
        #expect(verdict.isRight == wanted.isRight && verdict.isAnswered == wanted.isAnswered, "\(model.name), \(expected.id): \(verdict)")
        #expect((verdict.distance == nil) == (wanted.distance == nil))
        if let one = verdict.distance, let other = wanted.distance { #expect(abs(one - other) < 1e-9, "\(expected.id): \(one)") }
      }
    }
  }

  @Test func scores() throws {
    let (evaluation, expected) = (try Self.evaluation(), QuestionSetTests.expected)
    for (number, model) in evaluation.models.enumerated() {
      #expect(model.kinds.map(\.name) == ["knowledge", "recognition", "grounding"])
      for score in model.kinds {
        let own = expected.filter { $0.kind == score.name }.map { $0.verdicts[number] }
        let judged = own.compactMap(\.isRight)
        #expect(score.questions == own.count && score.judged == judged.count && score.located == own.compactMap(\.distance).count)
        #expect(score.right?.value == Double(judged.count { $0 }) / Double(judged.count))
        #expect(score.unanswered.value == Double(own.count { !$0.isAnswered }) / Double(own.count))
      }
    }
    // Distances 0, 12.04, 18, 0.9 and 9; the sixth has no answer.
    #expect(abs(evaluation.models[0].kinds[2].distance!.value - 9) < 1e-9)
    #expect(evaluation.groups == 7)
    #expect(evaluation.models[0].labels.map(\.name) == ["mc-grounding-point", "embodied", "mc-qa", "mc-vqa", "vqa", "gui", "knowledge"])
    #expect(evaluation.models[0].labels.map(\.questions) == [6, 3, 3, 3, 3, 2, 2] && evaluation.labelsLeftOut == 0)
  }

  @Test func changes() throws {
    let evaluation = try Self.evaluation(.question)
    #expect(evaluation.models[0].changes.isEmpty)
    let changes = evaluation.models[1].changes
    #expect(changes.map(\.gained) == [0, 2, 1] && changes.map(\.lost) == [2, 0, 2] && changes.map(\.judged) == [3, 3, 4])
    #expect(changes[0].changed == ["craft_2", "craft_3"] && changes[1].changed == ["left_11", "right_3"])
    // Two have no right and wrong, and another place.
    #expect(changes[2].changed == ["right_4", "right_5", "left_13", "both_7", "both_8"])
    #expect(changes[2].located == 5 && abs(changes[2].distance!.value - 0) < 1e-9)
    #expect(changes.map(\.reworded) == [3, 3, 6])
    #expect(try #require(changes[0].difference).value == -2.0 / 3)
    let interval = try #require(changes[0].difference?.interval)
    #expect(interval.lower >= -1 && interval.upper > -2.0 / 3)
  }

  @Test func wrongOnesComeFirst() throws {
    let evaluation = try Self.evaluation()
    let order = evaluation.worstFirst.map { evaluation.questions[$0].id }
    #expect(Set(order).count == 12)
    // Wrong by one of the models, in the order of the file; those that are right by both at the end.
    #expect(Array(order.prefix(7)) == ["craft_2", "craft_3", "left_11", "right_3", "right_4", "left_13", "both_7"])
    #expect(Array(order.suffix(3)) == ["craft_1", "left_10", "left_12"])
  }

  /// What was written is read back as it was, and comes to the same.
  @Test func answersAreReadBack() throws {
    let evaluation = try Self.evaluation()
    try Fixture.withTemporaryDirectory { directory in
      let file = directory.appending(path: "answers.jsonl")
      try Data(AnswerFile.text(evaluation.models.map(\.said), questions: evaluation.questions).utf8).write(to: file)
      let (models, notices) = try AnswerFile.read(file.path, questions: evaluation.questions)
      #expect(notices.isEmpty && models.map(\.answers) == evaluation.models.map(\.said.answers))
      #expect(try JarvisEvaluation(evaluation.set, models).models.map(\.kinds) == evaluation.models.map(\.kinds))
    }
  }

  @Test func aBatchOfVLLMIsRead() throws {
    let set = try QuestionSetTests.read("questions.jsonl")
    let path = Self.folder.appending(path: "batch.jsonl").path
    let (models, notices) = try AnswerFile.read(path, questions: set.questions)
    #expect(notices.isEmpty && models.count == 1 && models[0].model == path && models[0].file == path)
    let second = try Self.evaluation().models[1].said
    #expect(models[0].answers.map(\.text) == second.answers.map(\.text))
    #expect(models[0].cut == 1 && models[0].answers[1].ended == false && models[0].answers[0].tokens == 16)
  }

  @Test func idsHaveToMatch() throws {
    let set = try QuestionSetTests.read("questions.jsonl") { $0.limit = 2 }
    let (_, notices) = try AnswerFile.read(Self.folder.appending(path: "batch.jsonl").path, questions: set.questions)
    #expect(notices.map(\.message) == ["10 answers are to no question that is asked: both_7, both_8, craft_3, left_10 and 6 more"])
    for (lines, said) in [
      (#"{"id": "craft_1", "answer": "B"}"#, "1 of 2 questions have no answer: craft_2 (answer all"),
      (#"{"id": 7, "answer": "B"}"#, "2 of 2 questions have no answer: craft_1, craft_2 (ids of answers are"),
      (#"{"id": "craft_1", "answer": "B"}"# + "\n" + #"{"id": "craft_1", "answer": "C"}"#, "line 2: the question craft_1 is answered twice"),
      (#"{"id": "craft_1", "answer": 7}"#, "line 1: the answer is 7"), (#"{"answer": "B"}"#, "line 1: there is no id"),
      (#"{"id": "x", "custom_id": "craft_1", "response": null, "error": {"message": "too long"}}"#, "no answer to craft_1: too long"),
      ("\n", "there is no answer in it"), ("{", "line 1: the text ends"), ("B", "line 1: "),
    ] {
      try Fixture.withTemporaryDirectory { directory in
        let file = directory.appending(path: "answers.jsonl")
        try Data(lines.utf8).write(to: file)
        let error = #expect(throws: VLMError.self) { try AnswerFile.read(file.path, questions: set.questions) }
        #expect(error?.description.contains(said) == true, "\(error?.description ?? "")")
      }
    }
  }

  @Test func modelsHaveNamesOfTheirOwn() throws {
    let set = try QuestionSetTests.read("questions.jsonl")
    let model = try Self.evaluation().models[0].said
    #expect(throws: VLMError.self) { try JarvisEvaluation(set, [model, model]) }
    #expect(throws: VLMError.self) { try JarvisEvaluation(set, []) }
  }
}
