import ArgumentParser
import Mapping
import Reports

struct Formats: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the families and containers that are known, and print how each is read.",
    discussion: """
      A family file (JSON5) says which config.json it is for, and how names in the file and parameters of the runtime belong \
      together. Those printed here are the ones compiled in; a changed one is used with --family-file, in place of that of the \
      same family and dialect.

      EXAMPLES
        vlmtool formats
        vlmtool formats guide               # what stands in a family file
        vlmtool formats qwen2_vl.transformers-5
        vlmtool formats qwen2_vl.transformers-5 --resolved > my_vla.mine.json5
        vlmtool formats safetensors         # the container, rule by rule
      """)

  @Argument(help: "A family and dialect, a part, a container, or guide (default: list them).")
  var name: String?

  @Flag(name: .long, help: "Write out what a family takes from its parts.")
  var resolved = false

  @Option(
    name: .long, help: "Add a family file (JSON5) to those compiled in.",
    completion: .file(extensions: ["json5"]))
  var familyFile: String?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if resolved, name == nil { throw ValidationError("--resolved goes with the name of a family") }
  }

  func run() throws {
    let library = try common.run { _ in try FormatLibrary(adding: familyFile) }
    guard let name else {
      return try common.print(library, as: .formats) { library.render(on: $0) }
    }
    let text = try library.text(name, resolved: resolved)
    try common.print(text, as: .formatsText) { _ in text.text }
  }
}
