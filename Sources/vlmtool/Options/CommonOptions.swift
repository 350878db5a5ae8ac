import ArgumentParser
import Foundation
import Reports
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
    if let threads, !(1...Parallel.mostThreads).contains(threads) {
      throw ValidationError("--threads must be 1 to \(Parallel.mostThreads)")
    }
  }

  /// Applies what concerns the whole process, then runs `body` with a progress line that is cleared at the end.
  func run<Result>(_ body: (ProgressHandler?) throws -> Result) throws -> Result {
    if let threads { Parallel.threads = threads }
    if verbose { Machine.describe() }
    guard !quiet else { return try body(nil) }
    let line = ProgressLine()
    defer { line.finish() }
    return try body(line.handler)
  }

  /// Prints a result on standard output: as text for people, or as JSON.
  ///
  /// - Parameter notices: what was said on standard error; machines read it with the result.
  func print(
    _ value: some Encodable, as schema: JSONSchema, notices: [Notice] = [], text: (Terminal) throws -> String
  ) throws {
    let data =
      json
      ? try JSONOutput.data(value, schema: schema, notices: notices) : Data(try text(.detect(.output)).utf8)
    try StandardStreams.print(data)
  }

  /// Prints a remark that belongs to neither the result nor an error.
  func note(_ text: String) {
    if !json { StandardStreams.remark(text + "\n") }
  }
}
