import ActionTokens
import Files
import Foundation
import Images
import Runtime
import Tensors
import TestSupport
import Testing

@testable import Jarvis

/// What fixtures/oracle/make_jarvis_prompts.py made the authors' own code say.
struct AgentTruth: Decodable {
  struct Wording: Decodable, Sendable, CustomTestStringConvertible {
    let task: String
    let style: String
    let instructions: [String]
    let thought: String
    var testDescription: String { "\(task), \(style)" }
  }

  struct Run: Decodable, Sendable {
    let history: Int
    let style: String
    let task: String
    let chunk: Int
    let messages: [[Message]]
  }

  /// Role, text, number of the picture.
  struct Message: Decodable, Equatable, Sendable {
    let role: String
    let text: String
    let picture: Int?

    init(role: String, text: String, picture: Int?) { (self.role, self.text, self.picture) = (role, text, picture) }

    init(from decoder: any Decoder) throws {
      var list = try decoder.unkeyedContainer()
      role = try list.decode(String.self)
      text = try list.decode(String.self)
      picture = try list.decodeIfPresent(Int.self)
    }
  }

  struct Conversations: Decodable {
    let frames: Int
    let answers: [String]
    let runs: [Run]
    let maxTokens: Int
  }

  struct Picture: Decodable, Sendable {
    let from: [Int]
    let to: [Int]
    let pixelsSHA256: String
  }

  let tasks: [Wording]
  let conversations: Conversations
  let pictures: [Picture]

  static let file = try! JSONDecoder().decode(
    AgentTruth.self, from: Data(contentsOf: Fixture.url("jarvis/prompts.json")))
  static let library = Fixture.url("jarvis/assets").path

  /// The picture that the script draws as number `number`.
  static func frame(_ number: Int, width: Int = 90, height: Int = 60) -> RGBImage {
    RGBImage(width: width, height: height) { pixels in
      for row in 0..<height {
        for column in 0..<width {
          for channel in 0..<3 {
            pixels[(row * width + column) * 3 + channel] = UInt8(
              (row * 7 + column * 13 + channel * 50 + number * 31 + row * column / 8) % 256)
          }
        }
      }
    }
  }
}

@Suite struct AgentDialogueTests {
  @Test(arguments: AgentTruth.file.tasks) func wordsATaskAsTheAuthorsDo(_ truth: AgentTruth.Wording) throws {
    let style = try #require(AgentTask.Style(rawValue: truth.style))
    let task = try AgentTask(truth.task, style: style, library: InstructionLibrary(AgentTruth.library))
    #expect(task.phrases.count == truth.instructions.count)
    #expect(task.thought == truth.thought)
    var random = SeededGenerator(seed: 1)
    var drawn: Set<String> = []
    for _ in 0..<200 { drawn.insert(task.instruction(&random)) }
    #expect(drawn == Set(truth.instructions))
  }

  /// Turn by turn, picture by picture, with answers of one action, of two and of none.
  @Test(arguments: AgentTruth.file.conversations.runs.indices) func tellsTheModelWhatTheAuthorsTellIt(_ index: Int) throws {
    let (file, run) = (AgentTruth.file.conversations, AgentTruth.file.conversations.runs[index])
    var task = try AgentTask(
      run.task, style: #require(AgentTask.Style(rawValue: run.style)), library: InstructionLibrary(AgentTruth.library))
    task.phrases = [task.phrases[0]]
    var dialogue = AgentDialogue(task, history: run.history, taken: TakenActions(.first, length: run.chunk))
    var (random, asked, pictures) = (SeededGenerator(seed: 0), [[AgentTruth.Message]](), [RGBImage]())
    for number in 0..<file.frames where dialogue.waitingAction() == nil {
      let question = try dialogue.question(about: AgentTruth.frame(number), &random)
      asked.append(
        question.conversation.map { turn in
          var (text, picture): (String, Int?) = ("", nil)
          for part in turn.content {
            switch part {
            case .text(let words): text += words
            case .image(let image):
              if !pictures.contains(image) { pictures.append(image) }
              picture = pictures.firstIndex(of: image)
            }
          }
          return AgentTruth.Message(role: turn.role, text: text, picture: picture)
        })
      _ = dialogue.heard(file.answers[(asked.count - 1) % file.answers.count], to: question)
    }
    #expect(asked == run.messages)
  }

  /// Scaled and through JPEG, with the pixels that Pillow decodes.
  @Test(arguments: AgentTruth.file.pictures) func handsFramesOverAsTheAuthorsDo(_ truth: AgentTruth.Picture) throws {
    var dialogue = AgentDialogue(AgentTask(instruction: "dig"))
    var random = SeededGenerator(seed: 0)
    let frame = AgentTruth.frame(3, width: truth.from[0], height: truth.from[1])
    let question = try dialogue.question(about: frame, &random)
    #expect([question.frame.width, question.frame.height] == truth.to)
    #expect(question.frame.pixels.withUnsafeBytes(SHA256.hash) == truth.pixelsSHA256)
  }

  @Test func aFrameIsHandedOverAsItIsWhereThatIsAskedFor() throws {
    var dialogue = AgentDialogue(AgentTask(instruction: "dig"), compressesFrames: false)
    var random = SeededGenerator(seed: 0)
    let frame = AgentTruth.frame(1, width: 112, height: 84)
    #expect(try dialogue.question(about: frame, &random).frame == frame)
    // More than 200 times as long as wide: the authors' code stops too.
    #expect(throws: VLMError.self) {
      try dialogue.question(about: AgentTruth.frame(1, width: 603, height: 3), &random)
    }
  }

  @Test func aRecipeBesideAnInstructionIsTold() throws {
    let recipe = try Recipe(AgentTruth.library + "/recipes/oak_stairs.json")
    let task = AgentTask(instruction: "make stairs", recipe: recipe)
    var random = SeededGenerator(seed: 0)
    #expect(
      task.instruction(&random)
        == "make stairs. \n\n\nArrange the materials in the crafting grid according to the following pattern: \n\n"
        + " oak_planks | air | air \n oak_planks | oak_planks | air \n oak_planks | oak_planks | air \n\nand get 4 oak stairs. \n")
    #expect(task.observation == "\nthought: craft 1 oak stairs. \n\nobservation: ")
  }

  @Test(arguments: [
    ("{}", "is no recipe"), (#"{"type": "minecraft:crafting_shapeless", "ingredients": [[{"item": "minecraft:coal"}]]}"#, "cannot read"),
    (#"{"type": "minecraft:crafting_shaped", "pattern": ["ab"], "key": {"ab": {"item": "minecraft:coal"}}}"#, "cannot read"),
    ("[", "JSON"),
  ]) func aRecipeThatCannotBeReadIsRefused(_ text: String, _ word: String) throws {
    try Fixture.withTemporaryDirectory { folder in
      let file = folder.appending(path: "r.json")
      try Data(text.utf8).write(to: file)
      let error = #expect(throws: VLMError.self) { try Recipe(file.path) }
      #expect(error?.file == file.path)
      #expect("\(error!)".contains(word), "\(error!)")
    }
  }

  @Test(arguments: [
    "[]", "{", #"{"mine_block:dirt": {"instruct": "dig"}}"#, #"{"mine_block:dirt": {"instruct": [1]}}"#,
    #"{"mine_block:dirt": {"thought": "dig"}}"#,
  ]) func aLibraryThatCannotBeReadIsRefused(_ text: String) throws {
    try Fixture.withTemporaryDirectory { folder in
      let file = folder.appending(path: "instructions.json")
      try Data(text.utf8).write(to: file)
      let error = #expect(throws: VLMError.self) {
        try AgentTask("mine_block:dirt", style: .normal, library: InstructionLibrary(folder.path))
      }
      #expect(error?.file == file.path)
    }
    #expect(throws: VLMError.self) { try InstructionLibrary("/nowhere") }
  }
}
