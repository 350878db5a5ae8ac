import ArgumentParser
import Mapping
import Reports
import Tensors

/// How a checkpoint's tensors are taken, where its files do not say it themselves.
struct ReadingOptions: ParsableArguments {
  @Option(
    name: .long, help: "Add a family file (JSON5) to those compiled in.",
    completion: .file(extensions: ["json5"]))
  var familyFile: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Leave out tensors that match, such as 'action_head.*' (repeatable; a glob, or re:EXPRESSION).",
      valueName: "pattern"))
  var ignore: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Take this from the beginning of tensor names, such as policy.vlm. (repeatable; a wrapper's is found by itself).",
      valueName: "prefix"))
  var prefix: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Merge a LoRA adapter of peft's into the checkpoint as it is read (repeatable; BASE+ADAPTER as a path does the same).",
      valueName: "dir"),
    completion: .directory)
  var adapter: [String] = []

  func validate() throws {
    for pattern in ignore {
      do throws(VLMError) {
        _ = try NamePick(pattern)
      } catch {
        throw ValidationError("--ignore: \(error)")
      }
    }
    if prefix.contains("") { throw ValidationError("--prefix: it is empty") }
  }

  var options: MappedCheckpoint.Options {
    get throws {
      var options = MappedCheckpoint.Options()
      options.familyFile = familyFile
      options.ignoring = try ignore.map { try NamePick($0) }
      options.prefixes = prefix
      options.adapters = adapter
      return options
    }
  }

  /// Opens a checkpoint and says what was chosen or is odd.
  ///
  /// - Parameter requiringExactCoverage: `false` to look at what is wrong with it.
  func open(_ path: String, requiringExactCoverage: Bool = true) throws -> MappedCheckpoint {
    var options = try options
    options.requiringExactCoverage = false  // what was chosen is said before what is wrong
    let checkpoint = try MappedCheckpoint.open(path, options)
    StandardStreams.say(checkpoint.notices)
    if requiringExactCoverage { try checkpoint.requireExactCoverage() }
    return checkpoint
  }
}
