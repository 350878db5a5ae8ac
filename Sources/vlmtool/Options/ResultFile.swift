import Checkpoints
import Files
import Foundation
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

extension OutputPlace.Kind {
  static var report: OutputPlace.Kind { .page(mark: Page.mark) }
  /// By the metadata that the writer of safetensors puts into it.
  static var policy: OutputPlace.Kind { .page(mark: "\"writer\":\"vlmtool\"") }
  /// By the text that `encodedAsPNG` puts into it.
  static var picture: OutputPlace.Kind { .page(mark: "Software\0vlmtool") }
}
