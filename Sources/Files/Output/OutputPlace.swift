internal import Foundation
package import Tensors

/// Where results go, checked before an hour of work and not after it.
package enum OutputPlace {
  /// What a file of results is, and how one that this tool wrote is recognised.
  package struct Kind: Sendable {
    /// Whether a file of this kind may be among what is read.
    let couldBeRead: Bool
    let isOwn: @Sendable (_ path: String) -> Bool

    package init(couldBeRead: Bool, isOwn: @escaping @Sendable (_ path: String) -> Bool) {
      self.couldBeRead = couldBeRead
      self.isOwn = isOwn
    }

    /// What a file's own `writer` says.
    package static let writer = "vlmtool"

    /// A page, by the text that all of them have near the beginning.
    package static func page(mark: String) -> Kind {
      Kind(couldBeRead: false) { path in
        let file = FileHandle(forReadingAtPath: path)
        defer { try? file?.close() }
        let head = (try? file?.read(upToCount: 1 << 16)) ?? Data()
        return head.firstRange(of: Data(mark.utf8)) != nil
      }
    }

    /// HDF5, by the root's attribute `writer`.
    package static let hdf5 = Kind(couldBeRead: true) { path in
      (try? HDF5File(path).root.attribute("writer")?.string) == writer
    }
  }

  /// The absolute path without links at which something new will be.
  ///
  /// - Throws: `output.parentMissing` when the folder for it is not there; nothing is made on the way.
  static func resolvingNew(_ path: String) throws(VLMError) -> String {
    var trimmed = path[...]
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed = trimmed.dropLast() }
    guard !trimmed.isEmpty else {
      throw VLMError(.outputCreateFailed, "the name of the output is empty", remedy: "name a place")
    }
    var status = stat()
    if lstat(String(trimmed), &status) == 0 {
      throw VLMError(
        .outputCreateFailed, "is a link that leads nowhere", file: path, remedy: "choose another output")
    }
    let name = String(trimmed).lastPathPart
    var parent = String(trimmed.dropLast(name.count))
    if parent.isEmpty { parent = "." }
    guard let folder = realPath(parent), name != ".", name != ".." else {
      throw VLMError(
        .outputParentMissing, "there is no directory \(parent)", file: path,
        remedy: "check the path, or make that directory first")
    }
    return folder == "/" ? "/" + name : folder + "/" + name
  }

  /// Says whether results can be written to the file `path`, and gives it without links.
  ///
  /// A file that is there is replaced only when this tool wrote it.
  ///
  /// - Parameter inputs: what is read meanwhile; the file may be none of it, nor lie where it would be read next time.
  package static func file(
    _ path: String, _ kind: Kind, apartFrom inputs: InputPaths
  ) throws(VLMError) -> String {
    let existing = realPath(path)
    let place = if let existing { existing } else { try resolvingNew(path) }
    try inputs.refuse(file: place, couldBeRead: kind.couldBeRead)
    let parent = place.parentPath
    var status = stat()
    guard stat(parent, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw VLMError(.outputParentMissing, "\(parent) is no directory", file: path, remedy: "check the path")
    }
    guard access(parent, W_OK) == 0 else {
      throw VLMError(
        .outputCreateFailed, "you may not write in this directory", file: parent, remedy: "choose another one"
      )
    }
    guard existing != nil, stat(place, &status) == 0 else {
      guard !path.hasSuffix("/") else {
        throw VLMError(.outputParentMissing, "there is no such directory", file: path, remedy: "name a file")
      }
      return place
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR:
      throw VLMError(.outputNotOurs, "is a directory", file: path, remedy: "name a file in it")
    default:
      throw VLMError(.outputNotOurs, "is no regular file", file: path, remedy: "name a new file")
    }
    guard status.st_size == 0 || kind.isOwn(place) else {
      throw VLMError(
        .outputNotOurs, "there is a file of this name that this tool did not write, so it is not overwritten",
        file: path, remedy: "choose another name, or move it away")
    }
    return place
  }
}
