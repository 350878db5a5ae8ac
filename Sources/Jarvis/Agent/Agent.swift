package import ActionTokens
package import Images
internal import Mapping
package import Runtime
package import Tensors

/// The public agent of JARVIS-VLA in front of a model of this program: frames in, keys and turns of the mouse out.
///
///     var agent = try Agent(model, AgentTask(instruction: "chop a tree"))
///     for frame in frames { print(try agent.act(on: frame).action) }
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
    package let question: AgentDialogue.Question
    package let decoded: ActionDecoder.Answer
    /// With the text, special tokens in it.
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
  private let settings: Settings
  private let seen = SeenPictures()
  private var dialogue: AgentDialogue
  private var random: SeededGenerator

  /// - Throws: `jarvis.agent.tokens` when the model's tokenizer lacks tokens of actions.
  package init(_ model: VisionLanguageModel, _ task: AgentTask, _ settings: Settings = Settings()) throws {
    notices = try Self.check(model, draws: settings.temperature > 0)
    (self.model, self.settings) = (model, settings)
    dialogue = AgentDialogue(
      task, history: settings.history, taken: settings.taken, compressesFrames: settings.compressesFrames)
    random = SeededGenerator(seed: settings.seed, purpose: "jarvis agent")
  }

  /// The next action; asks the model where no earlier answer has one left.
  ///
  /// - Parameter frame: of the simulator, of any size.
  package mutating func act(on frame: RGBImage) throws -> Step {
    if let action = dialogue.waitingAction() { return Step(action: action, answer: nil) }
    let question = try dialogue.question(about: frame, &random)
    var options = VisionLanguageModel.Options()
    options.limit = settings.tokenLimit
    options.keepsSpecialTokens = true
    options.seen = seen
    options.sampling = Sampler.Settings(
      temperature: settings.temperature, topK: settings.topK, topP: settings.topP, seed: random.next())
    let summary = try model.generate(question.conversation, options: options)
    let (decoded, action) = dialogue.heard(summary.text, to: question)
    return Step(action: action, answer: Answer(question: question, decoded: decoded, summary: summary))
  }

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
      let fights = try GenerationAudit.fights(in: model.checkpoint.folder)
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
