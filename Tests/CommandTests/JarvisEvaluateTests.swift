import Foundation
import TestSupport
import Testing

@Suite struct JarvisEvaluateTests {
  static let folder = Fixture.url("jarvis/questions")
  private static let questions = folder.appending(path: "questions.jsonl").path
  private static let table = folder.appending(path: "questions.parquet").path
  private static let logged = folder.appending(path: "answers.jsonl").path
  private static let model = Fixture.url("tabletop-vlm").path

  /// A model runs, its answers are written, and scoring them comes to the same.
  @Test func answersOfAModelAreWrittenAndScoredAgain() throws {
    try Fixture.withTemporaryDirectory { directory in
      let (answers, page) = (directory.appending(path: "a.jsonl").path, directory.appending(path: "a.html").path)
      let run = try ToolProcess.run(
        "jarvis", "evaluate", Self.model, "--precision", "stored,int8", "--questions", Self.table, "--max-tokens", "12",
        "--answers", answers, "--report", page, "--json")
      #expect(run.status == 0, "\(run.errors)")
      let lines = try String(contentsOfFile: answers, encoding: .utf8).split(separator: "\n")
      #expect(lines.count == 24 && lines.allSatisfy { $0.contains(#""writer":"vlmtool jarvis evaluate""#) })
      let again = try ToolProcess.run("jarvis", "evaluate", "--from-answers", answers, "--questions", Self.table, "--json")
      #expect(again.status == 0, "\(again.errors)")
      let (one, other) = (try Self.members(run.output), try Self.members(again.output))
      #expect(one["questions"] == other["questions"] && one["groups"] == other["groups"])
      #expect(try String(contentsOfFile: page, encoding: .utf8).contains("What changes"))
      // Its own files are replaced, and nobody else's.
      let third = try ToolProcess.run(
        "jarvis", "evaluate", "--from-answers", Self.logged, "--questions", Self.questions, "--answers", answers, "--report", page)
      #expect(third.status == 0, "\(third.errors)")
      try Data("{}\n".utf8).write(to: URL(filePath: answers))
      let fourth = try ToolProcess.run(
        "jarvis", "evaluate", "--from-answers", Self.logged, "--questions", Self.questions, "--answers", answers)
      #expect(fourth.status == 1 && fourth.errors.contains("did not write"), "\(fourth)")
    }
  }

  private static func members(_ output: String) throws -> [String: NSObject] {
    let value = try JSONSerialization.jsonObject(with: Data(output.utf8))
    return try #require(value as? [String: NSObject])
  }

  /// As `generate` answers, whose pictures come first.
  @Test func asksAsGenerateDoes() throws {
    try Fixture.withTemporaryDirectory { directory in
      let (answers, rows) = (directory.appending(path: "a.jsonl").path, directory.appending(path: "rows.jsonl").path)
      let asked = "Is the square left or right?"
      let question = #"{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "\#(asked)"}]}"#
      let row = #"{"id": "a", "image": "images/left.png", "conversations": [\#(question), {"role": "assistant", "content": "left"}]}"#
      try Data(row.utf8).write(to: URL(filePath: rows))
      let run = try ToolProcess.run(
        "jarvis", "evaluate", Self.model, "--questions", rows, "--image-root", Self.folder.path, "--max-tokens", "12",
        "--answers", answers)
      #expect(run.status == 0, "\(run)")
      let written = try Self.members(try String(contentsOfFile: answers, encoding: .utf8))
      let generated = try ToolProcess.run(
        "generate", Self.model, "--image", Self.folder.appending(path: "images/left.png").path, "--prompt", asked,
        "--max-tokens", "12", "--json")
      #expect(written["answer"] == (try Self.members(generated.output))["text"], "\(written)")
      #expect(!FileManager.default.fileExists(atPath: answers + ".part"))
    }
  }

  @Test func labelsAreSaid() throws {
    let run = try ToolProcess.run(
      "jarvis", "evaluate", Self.model, "--questions", Self.questions, "--label", "vqa", "--limit", "2", "--max-tokens", "2")
    #expect(run.status == 0 && run.errors.contains("note: \(Self.questions): 3 of 12 rows have the label vqa"), "\(run)")
  }

  /// The same bytes with any number of threads.
  @Test func threadsChangeNothing() throws {
    let runs = try ["1", "3"].map { threads in
      try ToolProcess.run(
        "jarvis", "evaluate", Self.model, "--questions", Self.questions, "--max-tokens", "6", "--json", "--threads", threads)
    }
    #expect(runs[0].status == 0 && runs[0].output == runs[1].output)
  }

  @Test func whatIsLeftOutIsSaid() throws {
    let more = Self.folder.appending(path: "more.jsonl").path
    let run = try ToolProcess.run("jarvis", "evaluate", Self.model, "--questions", more, "--max-tokens", "2")
    #expect(run.status == 0 && run.output.contains("4 rows could not be asked and are left out."), "\(run)")
    #expect(run.errors.contains("warning: \(more): 4 of 6 rows cannot be asked"), "\(run.errors)")
  }

  @Test func whatIsWrongIsSaid() throws {
    for (arguments, said) in [
      (["--questions", "/no/such.jsonl", "--from-answers", Self.logged], "error: /no/such.jsonl: no such file"),
      (["--questions", Self.questions, "--from-answers", Self.logged, "--image-root", "/no/such"], "error: /no/such: there is no such folder of pictures"),
      ([Self.model, Self.model, "--questions", Self.questions], "two models are called"),
      ([Fixture.url("families/siglip/transformers-4").path, "--questions", Self.questions], "no decoder to run"),
      (["--questions", Self.questions, "--from-answers", Self.logged, "--answers", Self.questions], "this file is read"),
    ] {
      let run = try ToolProcess.run(["jarvis", "evaluate"] + arguments)
      #expect(run.status == 1 && run.output.isEmpty && run.errors.contains(said), "\(arguments): \(run)")
    }
  }

  @Test(arguments: [
    ["--questions", "q.jsonl"], ["model"], ["model", "--questions", "q", "--max-tokens", "0"], ["model", "--questions", "q", "--limit", "0"],
    ["model", "--questions", "q", "--precision", "int4"], ["model", "--questions", "q", "--precision", "int8,int8"],
    ["model", "--questions", "q", "--groups", "row"], ["model", "--questions", "q", "--pictures", "-1"],
  ]) func wrongUsageExitsWith64(arguments: [String]) throws {
    let run = try ToolProcess.run(["jarvis", "evaluate"] + arguments)
    #expect(run.status == 64 && run.output.isEmpty, "\(run)")
  }
}
