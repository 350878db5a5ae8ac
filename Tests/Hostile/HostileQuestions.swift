import Foundation
import Jarvis
import Tensors
import TestSupport

/// Questions in JARVIS-VLA's layout, and logged answers to them.
extension HostileReader {
  /// Changes one line, whichever.
  private static func line(_ own: [String]) -> Mutation {
    let mutate = JSONMutation.mutation(own: own)
    return { bytes, random in
      var lines = bytes.split(separator: 0x0A).map { [UInt8]($0) }
      guard !lines.isEmpty else { return }
      let index = random.index(below: lines.count)
      mutate(&lines[index], &random)
      bytes = [UInt8](lines.joined(separator: [0x0A]))
    }
  }

  private static func readQuestions(_ file: String) throws {
    let set = try QuestionSet([file], .init())
    for question in set.questions {
      for picture in question.pictures { _ = try picture.load() }
      _ = AnswerVerdict("<|point_start|>(1,2)<|point_end|>", to: question)
    }
  }

  private static let log = Fixture.url("jarvis/questions/answers.jsonl").path

  static let questions = HostileReader(
    name: "questions", bases: [Base("jarvis/questions/questions.jsonl", in: "jarvis/questions")],
    mutate: line([
      #""../images/left.png""#, #""images""#, #""image""#, #""point""#, #""bbox""#, #""assistant""#, "[[1, 2]]", "[[1, 2, 3, 4]]", "[101, 2]",
      #""[1, 2]""#, #""<|box_start|>(1,2),(3,4)<|box_end|>""#, #"["a", "b"]"#,
    ]),
    read: { try readQuestions($0 + "/questions.jsonl") },
    commands: [["jarvis", "evaluate", "--from-answers", log, "--questions", "@/questions.jsonl"]])

  static let questionTables = HostileReader(
    name: "question-tables", bases: [Base("jarvis/questions/questions.parquet")], mutate: ContainerMutation.parquet, read: readQuestions,
    commands: [["jarvis", "evaluate", "--from-answers", log, "--questions", "@"]])

  static let answers = HostileReader(
    name: "answers", bases: [Base("jarvis/questions/answers.jsonl"), Base("jarvis/questions/batch.jsonl")],
    mutate: line([#""craft_1""#, #""model""#, #"{"body": {"choices": []}}"#]),
    read: { path in
      let set = try QuestionSet([Fixture.url("jarvis/questions/questions.jsonl").path], .init())
      _ = try JarvisEvaluation(set, AnswerFile.read(path, questions: set.questions).models)
    },
    commands: [
      [
        "jarvis", "evaluate", "--from-answers", "@", "--questions", Fixture.url("jarvis/questions/questions.jsonl").path, "--report",
        "@.html",
      ]
    ])
}
