import Foundation
import TestSupport
import Testing

/// One value of a good checkpoint made hostile: exit status 1 with a line that says what is wrong, soon and in little memory.
///
/// The seeds of many more are tried by `./dev sanitize hostile`.
@Suite struct HostileInputTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let folder: String
    let file: String
    let path: [String]
    let value: String
    let command: [String]
    let message: String

    var testDescription: String { "\(path.joined(separator: ".")) = \(value.prefix(40))" }
  }

  private static let frame = Fixture.url("images/frame.png").path
  private static let million = String(repeating: "a", count: 1 << 20)

  static let cases: [Case] = [
    Case(
      folder: "families/llava_next_mistral/transformers-4", file: "config.json", path: ["vision_feature_layer"],
      value: "-9223372036854775808", command: ["inspect", "@"], message: "one block's output is needed"),
    Case(
      folder: "families/internvl_qwen2/transformers", file: "config.json", path: ["vision_feature_layer"],
      value: "-9223372036854775808", command: ["inspect", "@"], message: "one block's output is needed"),
    Case(
      folder: "families/clip/transformers-4", file: "config.json", path: ["text_config_dict"], value: "[]",
      command: ["inspect", "@"], message: "error: "),
    Case(
      folder: "images/processors/clip", file: "preprocessor_config.json", path: ["crop_size"],
      value: #"{"height": 224, "width": 1048576}"#, command: ["quantize", "@", "-o", "@.out", "--image", frame],
      message: "crop_size"),
    Case(
      folder: "tabletop-vlm", file: "tokenizer.json", path: ["normalizer"],
      value: #"{"type":"Replace","pattern":{"String":"a"},"content":"\#(million)"}"#,
      command: ["generate", "@", "--prompt", "a banana and a papaya"], message: "tokenizer.json: normalizer Replace"),
    Case(
      folder: "tabletop-vlm", file: "chat_template.jinja", path: [],
      value:
        "{% set ns = namespace(x='a') %}{% for i in range(90) %}{% set ns.x = ns.x.replace('a', ns.x ~ 'a') %}{% endfor %}",
      command: ["generate", "@", "--prompt", "a"],
      message: "chat_template.jinja: line 1: the template makes too much text"),
  ]

  @Test(.timeLimit(.minutes(1)), arguments: cases) func isAnErrorWithALine(example: Case) throws {
    try Fixture.withTemporaryDirectory { directory in
      let place = directory.appending(path: "model")
      // What has no weights of its own is put to those of its kind.
      let weights = example.folder.hasPrefix("images/") ? "families/clip/transformers-4" : example.folder
      try FileManager.default.copyItem(at: Fixture.url(weights), to: place)
      let file = place.appending(path: example.file)
      if example.path.isEmpty {
        try Data(example.value.utf8).write(to: file)
      } else {
        let source = Fixture.url("\(example.folder)/\(example.file)")
        let good = try JSONSerialization.jsonObject(with: Data(contentsOf: source))
        let value = try JSONSerialization.jsonObject(with: Data(example.value.utf8), options: .fragmentsAllowed)
        var object = try #require(good as? [String: Any])
        object[example.path[0]] = value
        try JSONSerialization.data(withJSONObject: object).write(to: file)
      }
      let run = try ToolProcess.run(example.command.map { $0.replacing("@", with: place.path) } + ["--quiet"])
      #expect(run.status == 1, "\(run.errors)")
      let line = try #require(run.errors.split(separator: "\n").last { $0.hasPrefix("error: ") }, "\(run.errors)")
      #expect(line.contains(example.message), "\(line)")
    }
  }

  /// A long word without a space is tokenized at once; what the model cannot take is refused before it is run.
  @Test(.timeLimit(.minutes(1))) func aPromptLongerThanTheModelIsRefused() throws {
    let model = Fixture.url("tabletop-vlm").path
    let run = try ToolProcess.run("generate", model, "--prompt", String(repeating: "letters", count: 15_000))
    #expect(run.status == 1)
    #expect(run.errors.contains("the model takes 512 (max_position_embeddings)"), "\(run.errors)")
  }

  /// Commands whose answer is a failure say so on standard error too, beside the whole answer on standard output.
  @Test func aFailureThatIsAnAnswerHasItsLine() throws {
    let reference = Fixture.url("families/clip/reference.safetensors").path
    let model = Fixture.url("families/clip/transformers-4").path
    let verify = try ToolProcess.run("verify", model, "--reference", reference, "--tolerance", "1e-12")
    #expect(verify.status == 1 && !verify.output.isEmpty)
    #expect(verify.errors.hasPrefix("error: \(model): "), "\(verify.errors)")
    #expect(verify.errors.contains("taps fail"), "\(verify.errors)")

    let diff = try ToolProcess.run("diff", model, Fixture.url("tabletop-vlm").path, "--exit-code")
    #expect(diff.status == 1)
    #expect(diff.errors.hasPrefix("error: "), "\(diff.errors)")

    let incomplete = try ToolProcess.run("inspect", Fixture.url("broken/directory/config-only").path)
    #expect(incomplete.status == 1 && incomplete.errors.hasPrefix("error: "), "\(incomplete.errors)")
  }
}
