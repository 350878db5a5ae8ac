import Foundation
import TestSupport
import Testing

@Suite struct JarvisCommandTests {
  /// Runs the tool with a text on standard input.
  private func piped(_ text: String, _ arguments: String...) throws -> ToolProcess {
    try ToolProcess.run(
      "/bin/sh", ["-c", "printf '%s' \"$TEXT\" | \"$0\" \"$@\"", ToolProcess.executable.path] + arguments,
      environment: ["TEXT": text])
  }

  private static let attack = [178, 204, 216, 230, 179].map { "<|reserved_special_token_\($0)|>" }.joined()

  @Test func idsAndTextSayTheSame() throws {
    let line = #"{"answer":0,"index":{"buttons":5,"camera":147},"keys":["attack"],"pitch":-0.74"#
    for run in [
      try ToolProcess.run("jarvis", "decode", "--lines", "151835", "151861", "151873", "151887", "151836"),
      try ToolProcess.run("jarvis", "decode", "--lines", "[151835, 151861, 151873, 151887, 151836]"),
      try ToolProcess.run("jarvis", "decode", "--lines", "--vocabulary", "llama-3", "128183,128209,128221,128235,128184"),
      try ToolProcess.run("jarvis", "decode", "--lines", Self.attack),
      try piped(Self.attack, "jarvis", "decode", "--lines"), try piped(Self.attack, "jarvis", "decode", "--lines", "-"),
    ] {
      #expect(run.status == 0 && run.output.hasPrefix(line), "\(run)")
      #expect(run.output.split(separator: "\n").count == 1)
    }
  }

  /// A log of JSON lines, the second without an action.
  @Test func aLogIsReadLineByLine() throws {
    let log = #"{"step": 0, "text": "\#(Self.attack)"}"# + "\n" + #"{"step": 1, "text": "no"}"# + "\n\n"
    let run = try piped(log, "jarvis", "decode", "--each-line")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("2 answers, 1 action; 1 holds no action"), "\(run.output)")
    let lines = try piped(log, "jarvis", "decode", "--each-line", "--lines").output.split(separator: "\n")
    #expect(lines.count == 2 && lines[1].contains(#""keys":[]"#))
    // Lines carry no remarks: they are said beside them.
    let said = try piped(log, "jarvis", "decode", "--each-line", "--lines").errors
    #expect(said.hasPrefix("warning: answer 2: there is no action in it"), "\(said)")
  }

  @Test func decodedLinesAreEncodedAgain() throws {
    let text = Self.attack + Self.attack.replacing("_204|", with: "_192|")
    let lines = try ToolProcess.run("jarvis", "decode", "--lines", text)
    let back = try piped(lines.output, "jarvis", "encode", "--lines")
    #expect(back.status == 0 && back.output.split(separator: "\n").joined() == text, "\(back)")
    #expect(back.errors.isEmpty)
  }

  @Test func theChunkIsTakenFromEitherEnd() throws {
    let text = Self.attack + Self.attack.replacing("_204|", with: "_192|")
    func keys(_ arguments: String...) throws -> String {
      try ToolProcess.run(["jarvis", "decode", "--lines", "--chunk", "1", text] + arguments).output
    }
    #expect(try keys().contains(#"["attack"]"#))
    #expect(try keys("--take", "last").contains(#"["back"]"#))
  }

  @Test func theInventoryKeyIsLostUnlessAsked() throws {
    let press = #"{"keys": ["inventory"]}"#
    let original = try ToolProcess.run("jarvis", "encode", "--lines", press)
    #expect(original.output == "<|reserved_special_token_178|><|reserved_special_token_219|><|reserved_special_token_240|><|reserved_special_token_179|>\n")
    #expect(original.errors.hasPrefix("warning: action 1: the inventory key is not told"), "\(original.errors)")
    let emitted = try ToolProcess.run("jarvis", "encode", "--lines", "--emit-inventory", press)
    #expect(emitted.output.contains("<|reserved_special_token_177|>") && emitted.errors.isEmpty)
  }

  @Test func theDrawingIsReplacedButNothingElse() throws {
    try Fixture.withTemporaryDirectory { directory in
      let file = directory.appending(path: "strip.svg")
      for _ in 0..<2 {
        let run = try ToolProcess.run("jarvis", "decode", Self.attack, "--svg", file.path)
        #expect(run.status == 0, "\(run.errors)")
        #expect(try String(contentsOf: file, encoding: .utf8).hasPrefix("<svg "))
      }
      try Data("mine".utf8).write(to: file)
      let run = try ToolProcess.run("jarvis", "decode", Self.attack, "--svg", file.path)
      #expect(run.status == 1 && run.output.isEmpty)
      #expect(try String(contentsOf: file, encoding: .utf8) == "mine")
    }
  }

  @Test(arguments: [
    (["jarvis", "decode", "5 4294967296"], "4294967296 is no id"), (["jarvis", "decode"], "standard input: is empty"),
    (["jarvis", "encode", #"{"foward": 1}"#], "forward"), (["jarvis", "encode", #"{"yaw": NaN}"#], "argument 1: yaw is"),
    (["jarvis", "encode", "attack"], "argument 1"), (["jarvis", "encode", #"{"buttons": 9000, "camera": 0}"#], "9000"),
  ]) func whatIsWrongIsSaid(arguments: [String], said: String) throws {
    let run = try ToolProcess.run(arguments)
    #expect(run.status == 1 && run.output.isEmpty && run.errors.hasPrefix("error: "), "\(run)")
    #expect(run.errors.contains(said), "\(run.errors)")
  }

  @Test(arguments: [
    ["jarvis", "decode", "x", "--chunk", "0"], ["jarvis", "decode", "x", "--each-line"],
    ["jarvis", "decode", "x", "--lines", "--json"], ["jarvis", "decode", "x", "--vocabulary", "mistral"],
    ["jarvis", "encode", "{}", "--lines", "--json"], ["jarvis", "decode", "x", "--take", "middle"],
  ]) func wrongUsageExitsWith64(arguments: [String]) throws {
    let run = try ToolProcess.run(arguments)
    #expect(run.status == 64 && run.output.isEmpty, "\(run)")
  }

  @Test func anAuditThatFailsExitsWith1() throws {
    try JarvisCheckpoint.with({ $0.generation = ["eos_token_id": 151_836] }) { folder in
      let run = try ToolProcess.run("jarvis", "audit", folder.path)
      #expect(run.status == 1 && run.output.contains("failed: answers end at token 151836"), "\(run)")
      #expect(run.output.contains("The agent cannot work with this checkpoint."))
    }
  }

  @Test func anAuditOfAnotherFamilyIsRefused() throws {
    let run = try ToolProcess.run("jarvis", "audit", Fixture.url("tabletop-vlm").path)
    #expect(run.status == 1 && run.output.isEmpty && run.errors.contains("JARVIS-VLA is a Qwen2-VL"), "\(run)")
  }

  // MARK: run

  private static let model = Fixture.url("jarvis/agent/model").path
  private static let frames = Fixture.url("jarvis/agent/frames").path
  private static let told = ["--instruction", "go to the red pillar and hit it."]

  private func agent(_ arguments: String...) throws -> ToolProcess {
    try ToolProcess.run(["jarvis", "run", Self.model] + arguments)
  }

  @Test func framesAreAnsweredOneByOne() throws {
    let run = try ToolProcess.run(["jarvis", "run", Self.model, "--frames", Self.frames, "--limit", "20"] + Self.told)
    #expect(run.status == 0, "\(run.errors)")
    let lines = run.output.split(separator: "\n")
    #expect(lines.prefix(20).allSatisfy { $0.contains("frames/0") } && lines[16].hasSuffix("  yaw 10.00"), "\(run.output)")
    #expect(run.output.contains("20 frames, 20 answers."))
    #expect(run.output.contains("Shown: no earlier frames, frames scaled to multiples of 28 pixels, through JPEG. Answers: the likeliest tokens."))
    let plain = try ToolProcess.run(["jarvis", "run", Self.model, "--frames", Self.frames, "--limit", "20", "--lines"] + Self.told)
    let back = plain.output.split(separator: "\n")
    #expect(back.count == 20 && back[16].contains(#""yaw":10"#), "\(plain.output)")
  }

  /// An answer that is cut off holds no action, which is said.
  @Test func anAnswerWithoutAnActionIsSaid() throws {
    let run = try ToolProcess.run(
      ["jarvis", "run", Self.model, "--frames", Self.frames, "--limit", "2", "--max-tokens", "2"] + Self.told)
    #expect(run.status == 0 && run.output.contains("no action in the answer"))
    #expect(run.output.contains("2 of 2 answers hold no action"), "\(run.output)")
    #expect(run.output.contains("2 answers did not end by themselves"))
  }

  @Test func aTaskIsWordedByTheLibrary() throws {
    let run = try agent(
      "--frames", Self.frames + "/000.png", "--task", "craft_item:oak_planks", "--assets", Fixture.url("jarvis/assets").path,
      "--like", "gui", "--seed", "5", "--json")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains(#""instruction" : "make planks  . \n\n\nYou will need"#) && run.output.contains(#""history" : 4"#))
    #expect(run.output.contains(#""temperature" : 0.9"#), "\(run.output)")
  }

  @Test(arguments: [
    (["--frames", "x.png"], 64, "either --instruction or --task"),
    (["--frames", "x.png", "--instruction", "a", "--task", "b"], 64, "either --instruction or --task"),
    (["--frames", "x.png", "--instruction", " "], 64, "--instruction is empty"),
    (["--frames", "x.png", "--instruction", "a", "--style", "recipe"], 64, "go with --task"),
    (["--frames", "x.png", "--instruction", "a", "--history", "-1"], 64, "--history"),
    (["--frames", "x.png", "--instruction", "a"], 1, "x.png: is not there"),
    (["--instruction", "a"], 64, "--frames"),
    (["--frames", Self.frames + "/000.png", "--task", "a", "--assets", Self.frames], 1, "evaluate/assets of the JarvisVLA repository"),
  ]) func whatMakesNoSenseIsRefused(_ arguments: [String], _ status: Int, _ words: String) throws {
    let run = try ToolProcess.run(["jarvis", "run", Self.model] + arguments)
    #expect(run.status == Int32(status) && run.errors.contains(words) && run.output.isEmpty, "\(run)")
  }
}
