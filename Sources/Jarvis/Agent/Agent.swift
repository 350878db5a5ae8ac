package import ActionTokens
package import Images
package import Runtime
package import Tensors

/// The public agent of JARVIS-VLA (VLLM_AGENT of agent_wrapper.py) in front of a model of this program: frames in, keys and turns of
/// the mouse out.
///
///     var agent = Agent(model, AgentTask(instruction: "chop a tree"), Agent.Settings())
///     for frame in frames { print(try agent.act(on: frame).action) }
///
/// What is said to the model: at history n, n pairs of an earlier frame and the answer to it, oldest first, then the frame of now. The
/// instruction stands before the oldest. In the beginning all n are the first frame and the null action. Every text ends in a new line.
package struct Agent {
  package struct Settings: Sendable, Equatable {
    /// Earlier frames and answers that the model is shown.
    package var history = 0
    /// Which actions of an answer are carried out before the model is asked again.
    package var taken = TakenActions(.first, length: 1)
    package var temperature = 0.0
    package var topK: Int?
    package var topP = 1.0
    package var seed: UInt64 = 0
    /// Tokens of an answer at most.
    package var tokenLimit = 1024
    /// The agent hands frames over as JPEG of Pillow's quality 75.
    package var compressesFrames = true

    package init() {}
  }

  /// What was said to a frame.
  package struct Answer: Sendable {
    /// With special tokens, without the one that ends it.
    package let text: String
    package let decoded: ActionDecoder.Answer
    /// Before the oldest picture.
    package let instruction: String
    /// All that the model was told.
    package let conversation: [Turn]
    package let summary: VisionLanguageModel.Summary
  }

  /// What comes of a frame.
  package struct Step: Sendable {
    package let action: ActionDecoder.Action
    /// `nil` where an earlier answer had an action left.
    package let answer: Answer?
  }

  /// What of the checkpoint the public agent and its server would take otherwise.
  package let notices: [Notice]
  private let model: VisionLanguageModel
  private let task: AgentTask
  private let settings: Settings
  private let decoder: ActionDecoder
  private let seen = SeenPictures()
  private var random: SeededGenerator
  private var history: [(frame: RGBImage, answer: String)] = []
  private var waiting: ArraySlice<ActionDecoder.Action> = []

  /// - Throws: `jarvis.agent.tokens` when the model's tokenizer lacks tokens of actions.
  package init(_ model: VisionLanguageModel, _ task: AgentTask, _ settings: Settings = Settings()) throws {
    notices = try Self.check(model, draws: settings.temperature > 0)
    (self.model, self.task, self.settings) = (model, task, settings)
    decoder = ActionDecoder(taken: settings.taken)
    random = SeededGenerator(seed: settings.seed, purpose: "jarvis agent")
  }

  /// The next action; asks the model where no earlier answer has one left.
  ///
  /// - Parameter frame: of the simulator, of any size.
  package mutating func act(on frame: RGBImage) throws -> Step {
    if let action = waiting.popFirst() { return Step(action: action, answer: nil) }
    let shown = try shown(frame)
    let instruction = task.instruction(&random)
    if history.isEmpty, settings.history > 0 {
      history = Array(repeating: (shown, Self.nullAction), count: settings.history)
    }
    var options = VisionLanguageModel.Options()
    options.limit = settings.tokenLimit
    options.keepsSpecialTokens = true
    options.seen = seen
    options.sampling = Sampler.Settings(
      temperature: settings.temperature, topK: settings.topK, topP: settings.topP, seed: random.next())
    let conversation = conversation(instruction, shown)
    let summary = try model.generate(conversation, options: options)
    if settings.history > 0 { history = history.dropFirst() + [(shown, summary.text)] }
    let decoded = decoder.decode(ActionVocabulary.qwen2VL.elements(of: summary.text))
    waiting = decoded.actions[decoded.taken]
    let action = waiting.popFirst() ?? decoded.actions[0]
    return Step(
      action: action,
      answer: Answer(
        text: summary.text, decoded: decoded, instruction: instruction, conversation: conversation, summary: summary))
  }

  /// What the model is told.
  private func conversation(_ instruction: String, _ frame: RGBImage) -> [Turn] {
    var (turns, lead): ([Turn], String) = ([], instruction)
    func ask(_ frame: RGBImage) -> Turn {
      Turn(role: "user", content: [.text(lead + task.observation + "\n"), .image(frame)])
    }
    for past in history {
      turns += [ask(past.frame), Turn("assistant", past.answer + "\n")]
      lead = ""
    }
    return turns + [ask(frame)]
  }

  /// The frame as a server gets it: multiples of 28 pixels by Pillow's bicubic, and through JPEG.
  private func shown(_ frame: RGBImage) throws -> RGBImage {
    let size = try SmartResizeProcessor.size(
      height: frame.height, width: frame.width, factor: 28, pixels: 4 * 28 * 28...1024 * 28 * 28)
    let resized =
      size == (frame.height, frame.width) ? frame : try frame.resized(width: size.width, height: size.height, by: Resampler(.bicubic, as: .pillow))
    return settings.compressesFrames ? try RGBImage(decoding: resized.encodedAsJPEG()) : resized
  }

  private static let nullAction = ActionEncoder().encode(KeyboardMouseAction()).text

  private static func check(_ model: VisionLanguageModel, draws: Bool) throws(VLMError) -> [Notice] {
    let directory = model.checkpoint.directory
    let ids = ActionVocabulary.written.map { (number: $0, id: model.id(ofToken: ActionVocabulary.spelling(of: $0))) }
    let missing = ids.filter { $0.id == nil }.map { ActionVocabulary.spelling(of: $0.number) }
    guard missing.isEmpty else {
      throw VLMError(
        .agentTokens, "\(missing.count) of \(ids.count) tokens of actions are not in the tokenizer: \(listed(missing))",
        file: directory, remedy: "vlmtool jarvis audit says what else is missing")
    }
    var notices: [Notice] = []
    if !ActionVocabulary.all.contains(where: { known in ids.allSatisfy { $0.id == known.id(of: $0.number) } }), let first = ids.first {
      notices.append(
        Notice(
          .note,
          "\(ActionVocabulary.spelling(of: first.number)) has the id \(first.id ?? 0): the public agent decodes by fixed ids, which are "
            + "others; here tokens are known by their names", file: directory))
    }
    if draws {
      let fights = try GenerationAudit.fights(in: directory)
      if !fights.isEmpty {
        notices.append(
          Notice(
            .note,
            "a server takes of generation_config.json what the public agent does not send, this command does not: "
              + fights.joined(separator: "; "), file: directory, remedy: "give --top-k and --top-p to do as a server does"))
      }
    }
    return notices
  }
}
