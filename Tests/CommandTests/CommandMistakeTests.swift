import Foundation
import TestSupport
import Testing

/// What people mistype is answered with what they meant, and with 64.
@Suite struct CommandMistakeTests {
  struct Mistake: Sendable, CustomTestStringConvertible {
    let arguments: [String]
    let answer: String
    var testDescription: String { arguments.joined(separator: " ") }

    init(_ line: String, _ answer: String) {
      arguments = line.split(separator: " ").map(String.init)
      self.answer = answer
    }
  }

  @Test(arguments: [
    Mistake("inspct T", "there is no command \"vlmtool inspct\" (did you mean \"vlmtool inspect\"?)"),
    Mistake("insepct --help", "did you mean \"vlmtool inspect\"?"),
    Mistake("help quantise", "did you mean \"vlmtool quantize\"?"),
    Mistake("help probe encode", "did you mean \"vlmtool probe encoder\"?"),
    Mistake("help inspect T", "vlmtool inspect has no command \"T\" below it"),
    Mistake("probe T --data D", "(commands: encoder, validate)"),
    Mistake("probe encode T --data D", "did you mean \"vlmtool probe encoder\"?"),
    Mistake("probe --data D T", "--data comes before the command"),
    Mistake("bench krenels", "did you mean \"vlmtool bench kernels\"?"),
    Mistake("cache claer", "did you mean \"vlmtool cache clear\"?"),
    Mistake("T inspect", "the command comes first: vlmtool inspect T"),
    Mistake("--json inspect T", "--json comes before the command"),
    Mistake("frobnicate", "commands: inspect, "),
    Mistake("inspect T --jsn", "Did you mean '--json'?"),
    Mistake("inspect T --output-dir x", "Unknown option '--output-dir'"),
    Mistake("convert T -o x --output-dir x", "Did you mean '--output'?"),
    Mistake("generate T --prompt x --max-new-tokens 3", "Did you mean '--max-tokens'?"),
    Mistake("inspect T --temperature 3", "It is an option of jarvis run, generate."),
    Mistake("generate T --prompt x --temperature -1", "--temperature must be 0 or more"),
    Mistake("generate T --prompt x --temperature -inf", "--temperature must be 0 or more"),
    Mistake("inspect T --threads -2", "--threads must be"),
    Mistake("verify T --reference F --tolerance -0.5", "--tolerance must be positive"),
    Mistake("generate T --prompt x --top-k 5 --seed 3", "--top-k and --seed need --temperature"),
    Mistake("generate T --prompt x --top-p 0.5", "--top-p needs --temperature"),
    Mistake("probe encoder T --data D --target griper", "did you mean \"gripper\"?"),
    Mistake("cache prune --limit many", "is invalid for '--limit <limit>'"),
  ])
  func says(mistake: Mistake) throws {
    let run = try ToolProcess.run(mistake.arguments)
    #expect(run.status == 64, "\(run.errors)")
    #expect(run.output.isEmpty)
    #expect(run.errors.hasPrefix("error: ") && run.errors.contains(mistake.answer), "\(run.errors)")
  }

  /// Names in checkpoints and data are known when these are open.
  @Test func namesInFiles() throws {
    let model = Fixture.url("tabletop-vlm").path
    let data = Fixture.url("demonstrations").path
    for (arguments, answer) in [
      (
        ["probe", "encoder", model, "--data", data, "--no-cache", "--target", "obs/objectpos"],
        "did you mean \"object_pos\"?"
      ),
      (
        ["convert", model, "-o", "x", "--to", "hf", "--dialect", "transformer-4"],
        "did you mean \"transformers-4\"?"
      ),
      (["quantize", model, "-o", "x", "--keep", "vision.block.0.mlp.dwn"], "did you mean vision.blocks"),
    ] {
      let run = try ToolProcess.run(arguments)
      #expect(run.status == 1 && run.errors.contains(answer), "\(run.errors)")
    }
  }

  /// Prompts may begin with a minus.
  @Test func aNegativeNumberIsAValue() throws {
    let run = try ToolProcess.run(
      "generate", Fixture.url("tabletop-vlm").path, "--prompt", "-5", "--max-tokens", "1")
    #expect(run.status == 0, "\(run.errors)")
  }
}
