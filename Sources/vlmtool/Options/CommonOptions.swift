import ArgumentParser
import Tensors

/// Flags that every command takes.
struct CommonOptions: ParsableArguments {
  @Flag(name: .long, help: "Print one JSON object on standard output instead of text.")
  var json = false

  @Flag(name: [.short, .long], help: "Say on standard error what was chosen automatically.")
  var verbose = false

  @Flag(name: [.short, .long], help: "No progress line.")
  var quiet = false

  @Option(name: .long, help: ArgumentHelp("Threads to use (default: all cores).", valueName: "n"))
  var threads: Int?

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads must be at least 1") }
  }

  /// Applies what concerns the whole process; every command's `run` calls it first.
  func apply() {
    if let threads { Parallel.threads = threads }
  }
}
