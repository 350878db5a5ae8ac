import ArgumentParser
import Jarvis
import Mapping
import Reports
import Runtime
import Tensors

struct JarvisEvaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Ask checkpoints questions of knowledge, recognition and grounding, and say how many answers are right.",
    discussion: """
      Questions are rows in JARVIS-VLA's public layout: id, label, image (or image_bytes in a table), conversations, source. The \
      user's turn is the question, the assistant's after it the truth: words, or a place in percent of the picture. Text and \
      pictures are told in the row's order. A row may ask more than once: each question is asked after the true answers to those \
      before it. Options stand on lines of their own (A. stone), or in a field options. What a row lacks is an error; a row that \
      cannot be asked, such as one without its picture, is left out and listed.

      With --answers each answer is kept as it comes, in a file beside that one: the same command goes on where it was stopped.

      The protocol is this tool's own, for the authors published none: words by exact match or the option that is named, places by \
      the first point, inside the box, or its distance in pixels. With several models the same questions are compared in pairs.

      EXAMPLES
        vlmtool jarvis evaluate JarvisVLA-Qwen2-VL-7B --questions knowledge.jsonl
        vlmtool jarvis evaluate stage-1/ stage-2/ --questions grounding.jsonl \\
          --image-root images/ --limit 500 --report answers.html
        vlmtool jarvis evaluate model/ --precision stored,int8 --questions vqa.parquet
        # answers of another program, such as a batch of vLLM
        vlmtool jarvis evaluate --from-answers vllm.jsonl --questions vqa.parquet
      """)

  @Argument(help: ArgumentHelp("Checkpoints, as other commands take them.", valueName: "checkpoint"), completion: .file())
  var checkpoints: [String] = []

  @OptionGroup var reading: ReadingOptions
  @OptionGroup(title: "Questions") var asked: QuestionFileOptions
  @OptionGroup var page: PageOptions
  @OptionGroup var common: CommonOptions

  @Option(
    name: .long,
    help: ArgumentHelp("Run linear layers as stored, or as float32 or int8; several, to compare them.", valueName: "precision,..."))
  var precision = CommaSeparated<Precision>(.stored)

  @Option(name: .long, help: ArgumentHelp("Tokens of an answer at most.", valueName: "n"))
  var maxTokens = 256

  @Option(
    name: .long, help: ArgumentHelp("Write every answer here, a line of JSON each; kept as they come.", valueName: "file"),
    completion: .file(extensions: ["jsonl"]))
  var answers: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Score the answers in this file: lines with id and answer, or a batch of vLLM (repeatable).", valueName: "file"),
    completion: .file(extensions: ["jsonl"]))
  var fromAnswers: [String] = []

  @Option(name: .long, help: ArgumentHelp("Questions that the report shows at most.", valueName: "n"))
  var pictures = 24

  func validate() throws {
    if checkpoints.isEmpty, fromAnswers.isEmpty {
      throw ValidationError("name a checkpoint, or a file of answers with --from-answers")
    }
    if maxTokens < 1 { throw ValidationError("--max-tokens must be at least 1") }
    if !(0...10_000).contains(pictures) { throw ValidationError("--pictures must be 0 to 10000") }
    if Set(precision.values).count < precision.values.count { throw ValidationError("--precision names one twice") }
  }

  func run() throws {
    let inputs = checkpoints + asked.questions + fromAnswers
    let file = try answers.map { try ResultFile($0, .answers, apartFrom: inputs) }
    let journalFile = try file.map { try ResultFile(AnswerJournal.path(beside: $0.path), .answers, apartFrom: inputs) }
    let report = try page.file(apartFrom: inputs + (answers.map { [$0] } ?? []))
    let set = try asked.read()
    StandardStreams.say(set.notices)
    // All that can be wrong is said before an hour of work.
    var (logged, notices): ([ModelAnswers], [Notice]) = ([], set.notices)
    for path in fromAnswers {
      let (read, odd) = try AnswerFile.read(path, questions: set.questions)
      StandardStreams.say(odd)
      logged += read
      notices += odd
    }
    var opened: [(path: String, checkpoint: MappedCheckpoint)] = []
    for path in checkpoints {
      let checkpoint = try reading.open(path)
      if let silence = VisionLanguageModel.silence(of: checkpoint) { throw silence }
      notices += checkpoint.notices
      opened.append((path, checkpoint))
    }
    try JarvisEvaluation.check(opened.flatMap { each in precision.values.map { name(each.path, $0) } } + logged.map(\.model))
    let journal = try opened.isEmpty ? nil : journalFile.map { try AnswerJournal($0.path) }
    if let journal, journal.unreadable > 0 {
      common.note("note: \(journal.unreadable) lines of \(journal.path) cannot be read; what they answered is asked again")
    }
    var models: [ModelAnswers] = []
    for (path, checkpoint) in opened {
      for precision in precision.values {
        let (said, odd) = try ask(checkpoint, name(path, precision), precision, set.questions, journal)
        models.append(said)
        notices += odd.filter { !notices.contains($0) }
      }
    }
    let evaluation = try JarvisEvaluation(set, models + logged, grouping: asked.groups)
    if let journal, journal.taken > 0 {
      common.note("note: \(journal.taken) answers are those of a run that was stopped")
    }
    try file?.write(AnswerFile.text(evaluation.models.map(\.said), questions: set.questions))
    journal?.remove()
    try common.print(evaluation, as: .jarvisEvaluate, notices: notices) { EvaluationTerminalReport.render(evaluation, on: $0) }
    try page.write(report, quietly: common.json) { try EvaluationPage(evaluation, showing: pictures, run: $0).rendered() }
  }

  /// What a model is called.
  private func name(_ path: String, _ precision: Precision) -> String {
    self.precision.values.count > 1 ? "\(path) (\(precision.rawValue))" : path
  }

  private func ask(
    _ checkpoint: MappedCheckpoint, _ name: String, _ precision: Precision, _ questions: [Question], _ journal: AnswerJournal?
  ) throws -> (said: ModelAnswers, odd: [Notice]) {
    let model = try common.run { try VisionLanguageModel(checkpoint, precision: precision, progress: $0) }
    StandardStreams.say(model.tokenizerNotices)
    let identity = AnswerJournal.identity(checkpoint, precision, limit: maxTokens, version: VLMTool.version)
    let said = try common.run {
      try ModelAnswers(
        model, named: name, questions: questions, limit: maxTokens, journal: journal, identity: identity, progress: $0)
    }
    return (said, model.tokenizerNotices)
  }
}
