import Foundation
import Tensors

/// A file that a command writes at its end.
enum ResultFile {
  /// Says before an hour of work, not after it, that `path` cannot be written.
  static func require(_ path: String) throws(VLMError) {
    let parent = URL(filePath: path).deletingLastPathComponent().path
    guard kind(of: parent) == .directory else {
      throw VLMError(
        VLMError.Code("command.result.no-directory"), "is no directory that is there", file: parent,
        remedy: "make it first")
    }
    guard kind(of: path) != .directory else {
      throw VLMError(
        VLMError.Code("command.result.is-directory"), "is a directory", file: path,
        remedy: "name a file in it")
    }
    guard FileManager.default.isWritableFile(atPath: parent) else {
      throw VLMError(
        VLMError.Code("command.result.unwritable"), "you may not write in this directory", file: parent,
        remedy: "choose another one")
    }
  }

  /// Writes the whole file or nothing.
  static func write(_ text: String, to path: String) throws(VLMError) {
    do {
      try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
    } catch {
      throw VLMError(
        VLMError.Code("command.result.unwritable"), "cannot be written: \(error.localizedDescription)",
        file: path,
        cause: error)
    }
  }

  private enum Kind { case file, directory }

  private static func kind(of path: String) -> Kind? {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else { return nil }
    return isDirectory.boolValue ? .directory : .file
  }
}
