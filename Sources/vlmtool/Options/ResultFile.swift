import ArgumentParser
import Checkpoints
import Files
import Foundation
import Jarvis
import Reports
import Tensors

/// A file that a command writes at its end.
struct ResultFile {
  /// Absolute, without links.
  let path: String

  /// Says before an hour of work, not after it, that `path` cannot be written.
  ///
  /// - Parameter inputs: paths that the command reads.
  init(_ path: String, _ kind: OutputPlace.Kind, apartFrom inputs: [String?]) throws(VLMError) {
    self.path = try OutputPlace.file(path, kind, apartFrom: InputPaths(named: inputs.compactMap(\.self)))
  }

  /// Writes the whole file or nothing.
  func write(_ text: String) throws(VLMError) { try write([UInt8](text.utf8)) }

  func write(_ bytes: [UInt8]) throws(VLMError) {
    do {
      try Data(bytes).write(to: URL(filePath: path), options: .atomic)
    } catch {
      throw VLMError(
        VLMError.Code("command.result.unwritable"), "cannot be written: \(error.localizedDescription)",
        file: path, cause: error)
    }
  }
}

/// Where a command writes its page.
struct PageOptions: ParsableArguments {
  @Option(
    name: .long, help: "Write a self-contained HTML report here.", completion: .file(extensions: ["html"]))
  var report: String?

  /// The place, before any work is done; `nil` where no page was asked for.
  func file(apartFrom inputs: [String?]) throws(VLMError) -> ResultFile? {
    guard let report else { return nil }
    return try ResultFile(report, .report, apartFrom: inputs)
  }

  /// Writes what `page` makes of this run.
  func write(_ file: ResultFile?, quietly isJSON: Bool, _ page: (RunContext) throws -> String) throws {
    guard let report, let file else { return }
    let run = RunContext(
      version: VLMTool.version, arguments: ["vlmtool"] + CommandLine.arguments.dropFirst(), machine: Machine.summary)
    try file.write(page(run))
    if !isJSON { try StandardStreams.print("\nReport: \(report)\n") }
  }
}

extension OutputPlace.Kind {
  static var report: OutputPlace.Kind { .page(mark: Page.mark) }
  static var drawing: OutputPlace.Kind { .page(mark: ActionPlot.mark) }
  /// By the metadata that the writer of safetensors puts into it.
  static var policy: OutputPlace.Kind { .page(mark: "\"writer\":\"vlmtool\"") }
  static var answers: OutputPlace.Kind { .page(mark: "\"writer\":\"\(AnswerFile.writer)\"") }
  /// By the text that `encodedAsPNG` puts into it.
  static var picture: OutputPlace.Kind { .page(mark: "Software\0vlmtool") }
}
