import ArgumentParser
import Jarvis

/// The questions of an evaluation.
struct QuestionFileOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("Questions: a row of JSON a line, or a Parquet table (repeatable).", valueName: "file"),
    completion: .file(extensions: ["jsonl", "json", "parquet"]))
  var questions: [String]

  @Option(
    name: .long, help: ArgumentHelp("Where paths of pictures begin (default: the folder of each file).", valueName: "dir"),
    completion: .directory)
  var imageRoot: String?

  @Option(name: .long, help: ArgumentHelp("Ask rows with this label only (repeatable).", valueName: "label"))
  var label: [String] = []

  @Option(name: .long, help: ArgumentHelp("Ask the first n rows only.", valueName: "n"))
  var limit: Int?

  @Option(
    name: .long,
    help: "What the numbers of source.points and source.bbox count; items point and bbox of a conversation are always percent.")
  var sourceScale = SourceScale.percent

  @Option(
    name: .long,
    help: "Which questions may share their fate, for intervals: those on one picture, of one trajectory, with one label, or none.")
  var groups = QuestionGrouping.picture

  func validate() throws {
    if questions.isEmpty { throw ValidationError("--questions names the file of questions") }
    if let limit, limit < 1 { throw ValidationError("--limit must be at least 1") }
  }

  func read() throws -> QuestionSet {
    var options = QuestionSet.Options()
    options.imageRoot = imageRoot
    options.sourceScale = sourceScale
    options.labels = label
    options.limit = limit
    return try QuestionSet(questions, options)
  }
}

extension SourceScale: ExpressibleByArgument {}

extension QuestionGrouping: ExpressibleByArgument {}
