import ArgumentParser
import Files
import Foundation
import Reports
import VLMToolKit

struct ProbeEncoderCommand: UsesOpenBLAS {
  static let configuration = CommandConfiguration(
    commandName: "encoder",
    abstract: "Probe every stage from pixels to the last token on demonstrations and locate the bottleneck.",
    discussion: """
      Reads what a linear probe can tell of the robot's state and next action from pixels, every vision block, the final \
      norm, the projector and every block of the language model, at the picture's tokens and at the last one, with the \
      demonstration's instruction in the family's own prompt; and from the same encoder randomly initialised. Everything is grouped by episode: folds, the \
      choice of the penalty, the permutation null and the intervals. What a module loses is what the output before it adds \
      to all that is left after it, read with kernels; before the vision encoder stand fixed features of the frames. A loss \
      is named only when it exceeds a margin and the gates of its kind hold; the report says which do not.

      Activations are cached, so a second run does not run the encoder again; see `vlmtool cache`.

      EXAMPLES
        vlmtool probe encoder Qwen2-VL-2B-Instruct --data libero_spatial/
        vlmtool probe encoder before/ --data demos.hdf5 --compare after/ \\
          --report out.html
        # which backbone?
        vlmtool probe encoder small/ large/ other/ --data demos/ --report ranking.html
        # what dinov2/ sees, and model/ does not
        vlmtool probe encoder model/ --data demos/ --reference dinov2/
        vlmtool probe encoder model/ --data demos/ --json \\
          --target ee-position --target obs/object_pos
        # on four machines, then on one of them
        vlmtool probe encoder model/ --data demos/ --part 1/4 --cache /shared/1
        vlmtool probe encoder model/ --data demos/ \
          --features /shared/1 --features /shared/2 --features /shared/3 --features /shared/4
        # features, to check with scikit-learn
        vlmtool probe encoder model/ --data demos/ --export features.h5
      """)

  @OptionGroup var input: CheckpointOptions
  @Argument(
    help: ArgumentHelp(
      "More checkpoints: all are ranked by what their modules' outputs hold together.",
      valueName: "checkpoint"),
    completion: .file())
  var others: [String] = []

  @OptionGroup var common: CommonOptions

  @OptionGroup var demonstrations: ProbeDataOptions

  @Option(
    name: .long, help: "A second checkpoint to compare on the same episodes: int8, or after fine-tuning.",
    completion: .file())
  var compare: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A checkpoint whose vision side says, beside fixed features, what the frames hold (repeatable): what it reads and the "
        + "probed encoder does not is lost.", valueName: "checkpoint"),
    completion: .file())
  var reference: [String] = []

  @OptionGroup var page: PageOptions

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Probe these stages only (repeatable): vision, projector, language, or a stage as vision.blocks.3. The modules' "
        + "outputs, on which verdicts rest, always are; exits is nothing but these.",
      valueName: "stage"))
  var stages: [String] = []

  @Flag(
    name: .long,
    help:
      "Run the language model twice more, told another task's instruction and none, and say how much less it tells."
  )
  var instructions = false

  @Flag(
    name: .long,
    help: ArgumentHelp(
      "Let a language model of random weights stand beside the trained one too, behind the random encoder that always "
        + "does: it runs once more."))
  var randomLanguage = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Frames, of an episode each, that positions are drawn into and maps laid over in turn: 1 to 24.",
      valueName: "n"))
  var exampleFrames = 3

  @Option(name: .long, help: "Run linear layers as stored, or as float32 or int8.")
  var precision: Precision = .stored

  @OptionGroup(title: "Demonstrations") var frames: FrameOptions
  @OptionGroup(title: "Statistics") var statistics: StatisticsOptions
  @OptionGroup(title: "Files") var files: ProbeFileOptions

  func validate() throws {
    guard (1...24).contains(exampleFrames) else { throw ValidationError("--example-frames is 1 to 24") }
    let single = [("--compare", compare), ("--export", files.export)]
    if !others.isEmpty, let (name, _) = single.first(where: { $0.1 != nil }) {
      throw ValidationError("\(name) is for one checkpoint; several are ranked")
    }
    let flags = [
      ("--instructions", instructions), ("--random-language", randomLanguage), ("--attention", statistics.attention),
      ("--bits", statistics.bits), ("--example-frames", exampleFrames != 3),
    ]
    for (name, isOn) in flags where !others.isEmpty && isOn {
      throw ValidationError("\(name) is for one checkpoint; several are ranked")
    }
    for (name, values) in [("--stages", stages), ("--reference", reference)]
    where !others.isEmpty && !values.isEmpty {
      throw ValidationError("\(name) is for one checkpoint; several are ranked")
    }
  }

  private func rank(_ options: ProbeEncoder.Options, _ report: ResultFile?) throws {
    let checkpoints = try others.map { try input.reading.open($0) }
    let notices = ([options.checkpoint] + checkpoints).flatMap(\.notices)
    Interruption.advise(files.adviceWhenInterrupted)
    let result = try common.run {
      try ProbeRanking.run(options, against: checkpoints, progress: $0, preview: Self.show)
    }
    try common.print(result, as: .probeRanking, notices: notices) { result.render(on: $0) }
    try page.write(report, quietly: common.json) { RankingPage(result, run: $0).rendered() }
  }

  private func encode(_ share: Share, of options: ProbeEncoder.Options, _ report: ResultFile?) throws {
    guard report == nil else { throw ValidationError("--part fits nothing, and so has nothing to --report") }
    let checkpoints = try others.map { try input.reading.open($0) }
    let notices = ([options.checkpoint, options.compare].compactMap(\.self) + options.references + checkpoints).flatMap(\.notices)
    Interruption.advise(files.adviceWhenInterrupted)
    let result = try common.run {
      try ProbeShare.run(share, of: options, against: checkpoints, progress: $0, preview: Self.show)
    }
    try common.print(result, as: .probePart, notices: notices) { result.render(on: $0) }
  }

  private func opened() throws -> MappedCheckpoint {
    do {
      return try input.open()
    } catch {
      throw ProbeEncoder.swapped(checkpoint: input.checkpoint, data: demonstrations.data) ?? error
    }
  }

  func run() throws {
    let inputs =
      [input.checkpoint, compare, demonstrations.data, input.reading.familyFile] + others + reference
    let export = try files.export.map { try ResultFile($0, .hdf5, apartFrom: inputs).path }
    let report = try page.file(apartFrom: inputs)
    var options = ProbeEncoder.Options(
      checkpoint: try opened(), data: demonstrations.data, cache: try files.kept.place())
    options.precision = precision
    options.compare = try compare.map { try input.reading.open($0) }
    options.references = try reference.map { try input.reading.open($0) }
    (options.contrastsInstructions, options.randomisesLanguage) = (instructions, randomLanguage)
    options.targets = demonstrations.target
    options.stages = stages
    options.exampleFrames = exampleFrames
    options.dataOptions = frames.options
    options.settings = statistics.settings
    options.export = export
    options.readCaches = try files.readCaches()
    if let share = files.part.flatMap(Share.init) { return try encode(share, of: options, report) }
    guard others.isEmpty else { return try rank(options, report) }
    let notices = ([options.checkpoint, options.compare].compactMap(\.self) + options.references).flatMap(
      \.notices)
    let start = Date()
    Interruption.advise(files.adviceWhenInterrupted)
    let result = try common.run { try ProbeEncoder.run(options, progress: $0, preview: Self.show) }
    try common.print(result, as: .probeEncoder, notices: notices) {
      ProbeTerminalReport(result).render(on: $0)
    }
    try page.write(report, quietly: common.json) { try ProbePage(result, run: $0).rendered() }
    if let note = try files.note(usedSince: start) { common.note(note) }
  }

  /// Shows on standard error what was chosen, above the progress line.
  private static func show(_ preview: ProbeEncoder.Preview) {
    let terminal = Terminal.detect(.error)
    StandardStreams.remark((terminal.interactive ? "\r\u{1B}[K" : "") + preview.render(on: terminal))
  }
}
