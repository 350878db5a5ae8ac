internal import Foundation
internal import Tensors

/// The folders and files that a command reads, so that nothing is ever written over them.
///
///     let inputs = InputPaths(folders: ["model"], files: ["model/a.safetensors"])
///     try inputs.refuse(folder: "model/out")     // throws: it is inside a folder that is read
///
/// They are told by device and inode, so no link, hard link or bind mount leads around this.
package struct InputPaths: Sendable {
  private var folders: [FileIdentity: String] = [:]
  private var files: [FileIdentity: String] = [:]
  /// All folders that hold one of them, each with what it holds.
  private var parents: [FileIdentity: String] = [:]

  package static let none = InputPaths()

  /// - Parameters: paths; what is not there is left out.
  package init(folders: [String] = [], files: [String] = []) {
    for path in folders { add(path, to: \.folders) }
    for path in files { add(path, to: \.files) }
  }

  private mutating func add(_ path: String, to kind: WritableKeyPath<InputPaths, [FileIdentity: String]>) {
    guard let identity = FileIdentity(path), let real = realPath(path) else { return }
    self[keyPath: kind][identity] = path
    // A link lies in one folder, and what it leads to in another.
    let named = realPath(URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false))
    for folder in pathAndParents(real).dropFirst() + (named.map(pathAndParents) ?? []) {
      if let identity = FileIdentity(folder) { parents[identity] = path }
    }
  }

  /// Refuses an output folder that is, holds or lies in what is read.
  ///
  /// - Parameter output: an absolute path without links; it need not be there.
  func refuse(folder output: String) throws(VLMError) {
    let line = pathAndParents(output)
    if let identity = FileIdentity(output) {
      if folders[identity] != nil {
        throw Self.meeting("this is the directory that is read", output)
      }
      if let held = parents[identity] { throw Self.meeting("\(held), which is read, lies in it", output) }
      for name in (try? FileManager.default.contentsOfDirectory(atPath: output)) ?? [] {
        guard let identity = FileIdentity(output + "/" + name), let read = files[identity] else { continue }
        throw Self.meeting("its \(name) is the same file as \(read), which is read", output)
      }
    }
    for folder in line.dropFirst() {
      guard let identity = FileIdentity(folder), let read = folders[identity] else { continue }
      throw Self.meeting("this lies in \(read), which is read", output)
    }
  }

  /// Refuses an output file that is one of those read.
  ///
  /// - Parameters:
  ///   - output: an absolute path without links; it need not be there.
  ///   - couldBeRead: whether such a file would be taken for an input the next time if it lay in a folder that is read.
  func refuse(file output: String, couldBeRead: Bool) throws(VLMError) {
    if let identity = FileIdentity(output), let read = files[identity] {
      throw Self.meeting(read == output ? "this file is read" : "this is \(read), which is read", output)
    }
    guard couldBeRead else { return }
    for folder in pathAndParents(output).dropFirst() {
      guard let identity = FileIdentity(folder), let read = folders[identity] else { continue }
      throw Self.meeting("this lies in \(read), which is read", output)
    }
  }

  private static func meeting(_ message: String, _ output: String) -> VLMError {
    VLMError(
      .outputIsInput, "\(message): input and output may not meet", file: output,
      remedy: "choose an output elsewhere")
  }
}
