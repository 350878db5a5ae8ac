package import ActionTokens
package import Images
package import Runtime
package import Tensors

/// What the public agent of JARVIS-VLA (VLLM_AGENT of agent_wrapper.py) says to its model and makes of the answers; the model itself is
/// somebody else's.
///
/// At history n the model is told n pairs of an earlier frame and the answer to it, oldest first, then the frame of now. The instruction
/// stands before the oldest. In the beginning all n are the first frame and the null action. Every text ends in a new line.
package struct AgentDialogue {
  /// A question and what it is made of.
  package struct Question: Sendable {
    /// What stands before the oldest picture.
    package let instruction: String
    package let conversation: [Turn]
    /// The frame as the model sees it.
    let frame: RGBImage
  }

  private let task: AgentTask
  private let length: Int
  private let compressesFrames: Bool
  private let decoder: ActionDecoder
  private var history: [(frame: RGBImage, answer: String)] = []
  private var waiting: ArraySlice<ActionDecoder.Action> = []

  /// - Parameters:
  ///   - history: earlier frames and answers that the model is told.
  ///   - taken: which actions of an answer are carried out before the model is asked again.
  ///   - compressesFrames: whether frames go through JPEG of Pillow's quality 75, as the agent's do.
  package init(_ task: AgentTask, history: Int = 0, taken: TakenActions = TakenActions(.first, length: 1), compressesFrames: Bool = true) {
    (self.task, length, self.compressesFrames) = (task, history, compressesFrames)
    decoder = ActionDecoder(taken: taken)
  }

  /// An action that an earlier answer has left.
  package mutating func waitingAction() -> ActionDecoder.Action? { waiting.popFirst() }

  /// What to ask about a frame of any size; `random` draws the instruction.
  package mutating func question(about frame: RGBImage, _ random: inout SeededGenerator) throws(VLMError) -> Question {
    let shown = try shown(frame)
    let instruction = task.instruction(&random)
    if history.isEmpty { history = Array(repeating: (shown, Self.nullAction), count: length) }
    var (turns, lead): ([Turn], String) = ([], instruction)
    func ask(_ frame: RGBImage) -> Turn {
      Turn(role: "user", content: [.text(lead + task.observation + "\n"), .image(frame)])
    }
    for past in history {
      turns += [ask(past.frame), Turn("assistant", past.answer + "\n")]
      lead = ""
    }
    return Question(instruction: instruction, conversation: turns + [ask(shown)], frame: shown)
  }

  /// Takes the answer in: its text with the special tokens, without the one that ends it.
  ///
  /// - Returns: what is in it, and the action to carry out now.
  package mutating func heard(_ text: String, to question: Question) -> (answer: ActionDecoder.Answer, action: ActionDecoder.Action) {
    if length > 0 { history = history.dropFirst() + [(question.frame, text)] }
    let answer = decoder.decode(ActionVocabulary.qwen2VL.elements(of: text))
    waiting = answer.actions[answer.taken]
    return (answer, waiting.popFirst() ?? answer.actions[0])
  }

  /// The frame as a server gets it: multiples of 28 pixels by Pillow's bicubic, and through JPEG.
  private func shown(_ frame: RGBImage) throws(VLMError) -> RGBImage {
    let size = try SmartResizeProcessor.size(
      height: frame.height, width: frame.width, factor: 28, pixels: 4 * 28 * 28...1024 * 28 * 28)
    let resized =
      size == (frame.height, frame.width)
      ? frame : try frame.resized(width: size.width, height: size.height, by: Resampler(.bicubic, as: .pillow))
    return compressesFrames ? try RGBImage(decoding: resized.encodedAsJPEG()) : resized
  }

  private static let nullAction = ActionEncoder().encode(KeyboardMouseAction()).text
}
