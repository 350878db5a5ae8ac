import ActionTokens
import ArgumentParser
import Datasets
import Foundation
import Images
import Jarvis
import Mapping
import Reports
import Runtime
import Tensors

struct JarvisRun: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Say what a JARVIS-VLA checkpoint would press in each of some frames.",
    discussion: """
      Frames go to the model as the public agent hands them over: scaled to multiples of 28 pixels, through JPEG, with its prompts \
      and its history of frames and answers. What is done in one frame does not change the next: frames are as they were recorded.

      --like takes over what the authors' scripts set: `kill` temperature 0.8; `mine` temperature 0.6, history 3; `gui` temperature \
      0.9, history 4, style recipe. Without it there is no history and the likeliest tokens are taken. The same seed gives the same \
      answers.

      EXAMPLES
        vlmtool jarvis run JarvisVLA-Qwen2-VL-7B --frames recording.mp4 --stride 10 \\
          --instruction "chop down a tree"
        vlmtool jarvis run jarvis-int8 --frames frames/ --task mine_block:oak_log \\
          --assets JarvisVLA/jarvisvla/evaluate/assets --like mine --seed 1
        vlmtool jarvis run jarvis-int8 --frames gui.png --instruction "craft planks" \\
          --recipe oak_planks.json --lines
      """)

  @OptionGroup var input: CheckpointOptions
  @OptionGroup var common: CommonOptions

  @Option(
    name: .long, parsing: .upToNextOption,
    help: "Pictures, folders of pictures, MP4 videos, in their order.", completion: .file())
  var frames: [String]

  @Option(name: .long, help: "Take every n-th frame.")
  var stride = 1

  @Option(name: .long, help: ArgumentHelp("Frames at most.", valueName: "n"))
  var limit: Int?

  @Option(name: .long, help: "What the agent is told, in these words.")
  var instruction: String?

  @Option(name: .long, help: "What it is to do, by MineStudio's name, such as mine_block:oak_log.")
  var task: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The folder jarvisvla/evaluate/assets of the JarvisVLA repository: words and recipes for --task.", valueName: "folder"),
    completion: .directory)
  var assets: String?

  @Option(
    name: .long, help: "Recipe of Minecraft that --instruction is about, as JSON.", completion: .file(extensions: ["json"]))
  var recipe: String?

  @Option(name: .long, help: "How --task is worded (default: normal, or as --like).")
  var style: AgentTask.Style?

  @Option(name: .long, help: "Settings of one of the authors' scripts; others given beside it count instead.")
  var like: Script?

  @Option(name: .long, help: ArgumentHelp("Earlier frames and answers that the model is shown (default: 0).", valueName: "n"))
  var history: Int?

  @Option(name: .long, help: ArgumentHelp("Actions of an answer that are carried out, each in a frame.", valueName: "n"))
  var chunk = 1

  @Option(name: .long, help: "From which end of an answer: JarvisVLA takes the first, OpenHA the last.")
  var take = TakenActions.End.first

  @Option(name: .long, help: "Logits are divided by this and tokens drawn; at 0 the likeliest is taken (default: 0).")
  var temperature: Double?

  @Option(name: .long, help: ArgumentHelp("Draw from the n likeliest tokens only.", valueName: "n"))
  var topK: Int?

  @Option(name: .long, help: ArgumentHelp("Draw from the likeliest tokens that reach this probability.", valueName: "p"))
  var topP = 1.0

  @Option(name: .long, help: "Decides what is drawn.")
  var seed: UInt64 = 0

  @Option(name: .long, help: ArgumentHelp("Tokens of an answer at most.", valueName: "n"))
  var maxTokens = 1024

  @Flag(name: .long, help: "Hand frames over as they are read, without the agent's JPEG.")
  var noJpeg = false

  @Option(name: .long, help: "Run linear layers as stored, or as float32 or int8.")
  var precision: Precision = .stored

  @Flag(name: .long, help: "Print the actions as lines of JSON.")
  var lines = false

  @Option(
    name: .long, help: ArgumentHelp("Draw keys and mouse over the frames.", valueName: "file"),
    completion: .file(extensions: ["svg"]))
  var svg: String?

  /// Of `scripts/evaluate` of the JarvisVLA repository.
  enum Script: String, CaseIterable, ExpressibleByArgument {
    case kill, mine, gui

    var temperature: Double { self == .kill ? 0.8 : self == .mine ? 0.6 : 0.9 }
    var history: Int { self == .kill ? 0 : self == .mine ? 3 : 4 }
    var style: AgentTask.Style { self == .gui ? .recipe : .normal }
  }

  func validate() throws {
    if stride < 1 || chunk < 1 || maxTokens < 1 || (limit ?? 1) < 1 {
      throw ValidationError("--stride, --limit, --chunk and --max-tokens must be at least 1")
    }
    if let history, history < 0 { throw ValidationError("--history must be 0 or more") }
    if let temperature, !(temperature >= 0 && temperature.isFinite) { throw ValidationError("--temperature must be 0 or more") }
    if let topK, topK < 1 { throw ValidationError("--top-k must be at least 1") }
    if !(topP > 0 && topP <= 1) { throw ValidationError("--top-p must be above 0 and at most 1") }
    if (instruction == nil) == (task == nil) { throw ValidationError("give either --instruction or --task") }
    if let text = instruction ?? task, text.allSatisfy(\.isWhitespace) {
      throw ValidationError("\(task == nil ? "--instruction" : "--task") is empty")
    }
    if task == nil, assets != nil || style != nil { throw ValidationError("--assets and --style go with --task") }
    if instruction == nil, recipe != nil { throw ValidationError("--recipe goes with --instruction; a --task has its own of --assets") }
    if lines, common.json { throw ValidationError("--lines and --json exclude each other") }
  }

  func run() throws {
    let checkpoint = try input.open()
    let drawing = try svg.map { try ResultFile($0, .drawing, apartFrom: frames) }
    let sequence = try FrameSequence(frames, stride: stride, limit: limit)
    let agentTask = try wording()
    let model = try common.run { try VisionLanguageModel(checkpoint, precision: precision, progress: $0) }
    var agent = try Agent(model, agentTask, settings)
    let said = sequence.notices + model.tokenizerNotices + agent.notices + wordingNotices
    StandardStreams.say(said)
    var log = AgentLog()
    let terminal = Terminal.detect(.output)
    let width = min(sequence.nameWidth, 40)
    try common.run { _ in
      try sequence.forEach { frame in
        let start = ContinuousClock.now
        let step = try agent.act(on: frame.image)
        log.append(frame.name, step, seconds: (ContinuousClock.now - start) / .seconds(1))
        if lines {
          try StandardStreams.print(log.frames[log.frames.count - 1].action.text + "\n")
        } else if !common.json {
          try StandardStreams.print(AgentTerminalReport.line(log, nameWidth: width, on: terminal))
        }
      }
    }
    if let drawing { try drawing.write(ActionPlot(title: "Keys and mouse", ActionStrip(log)).document()) }
    if common.json {
      try common.print(Result(self, log), as: .jarvisRun, notices: checkpoint.notices + said) { _ in "" }
    } else if lines {
      if log.withoutAction > 0 {
        common.note("warning: \(log.withoutAction) of \(log.answers.count) answers hold no action: the agent stands still there")
      }
    } else {
      try StandardStreams.print(AgentTerminalReport.summary(log, settings, on: terminal))
    }
  }

  private func wording() throws -> AgentTask {
    if let instruction {
      return AgentTask(instruction: instruction, recipe: try recipe.map { try Recipe($0) })
    }
    let library = try assets.map { try InstructionLibrary($0) }
    return try AgentTask(task ?? "", style: style ?? like?.style ?? .normal, library: library)
  }

  private var wordingNotices: [Notice] {
    guard let like, like.style != .normal, instruction != nil, recipe == nil else { return [] }
    return [
      Notice(
        .note, "--like \(like.rawValue) words a --task in style \(like.style.rawValue); --instruction is told as it is",
        file: input.checkpoint, remedy: "give --recipe, or --task")
    ]
  }

  private var settings: Agent.Settings {
    var settings = Agent.Settings()
    settings.history = history ?? like?.history ?? 0
    settings.taken = TakenActions(take, length: chunk)
    settings.temperature = temperature ?? like?.temperature ?? 0
    (settings.topK, settings.topP, settings.seed) = (topK, topP, seed)
    settings.tokenLimit = maxTokens
    settings.compressesFrames = !noJpeg
    return settings
  }

  /// For `--json`.
  private struct Result: Encodable {
    let request: JarvisRun
    let log: AgentLog

    init(_ request: JarvisRun, _ log: AgentLog) { (self.request, self.log) = (request, log) }

    enum Key: String, CodingKey {
      case checkpoint, instruction, task, history, chunk, take, temperature, topK, topP, seed, maxTokens, precision, jpeg
    }

    func encode(to encoder: any Encoder) throws {
      try log.encode(to: encoder)
      let settings = request.settings
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(request.input.checkpoint, forKey: .checkpoint)
      try container.encodeIfPresent(request.instruction, forKey: .instruction)
      try container.encodeIfPresent(request.task, forKey: .task)
      try container.encode(settings.history, forKey: .history)
      try container.encode(request.chunk, forKey: .chunk)
      try container.encode(request.take.rawValue, forKey: .take)
      try container.encode(settings.temperature, forKey: .temperature)
      try container.encodeIfPresent(settings.topK, forKey: .topK)
      try container.encode(settings.topP, forKey: .topP)
      try container.encode(settings.seed, forKey: .seed)
      try container.encode(settings.tokenLimit, forKey: .maxTokens)
      try container.encode(request.precision.rawValue, forKey: .precision)
      try container.encode(settings.compressesFrames, forKey: .jpeg)
    }
  }
}

extension AgentTask.Style: ExpressibleByArgument {}
