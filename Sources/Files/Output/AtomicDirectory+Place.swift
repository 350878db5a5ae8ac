internal import Foundation
internal import Tensors

extension AtomicDirectory {
  /// Where an output directory goes, and what may be done to what is there.
  struct Place {
    /// Absolute, without links.
    let path: String
    /// Where the files are until they are all there.
    let staging: String
    /// Where the directory that is replaced is for the moment between two renames.
    let replaced: String
    private let replacing: OwnFiles?

    init(_ path: String, apartFrom inputs: InputPaths, replacing: OwnFiles?) throws(VLMError) {
      let path = try Self.resolved(path)
      let hidden = "\(path.parentPath == "/" ? "" : path.parentPath)/.\(path.lastPathPart)"
      (self.path, staging, replaced) = (path, hidden + ".vlmtool-partial", hidden + ".vlmtool-replaced")
      self.replacing = replacing
      for folder in [path, staging, replaced] { try inputs.refuse(folder: folder) }
      try Self.refuseWorkingDirectory(path)
    }

    /// The files of a directory that is there and may be replaced; `nil` where there is none.
    @discardableResult
    func check() throws(VLMError) -> [String]? {
      var isDirectory: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else { return nil }
      guard isDirectory.boolValue else {
        throw VLMError(
          .outputNotADirectory, "there is a file of this name", file: path,
          remedy: "choose another output directory")
      }
      guard let names = try? FileManager.default.contentsOfDirectory(atPath: path).sorted() else {
        throw VLMError(.fileUnreadable, "you may not list this directory", file: path)
      }
      if names.isEmpty { return names }
      guard let replacing else {
        throw VLMError(
          .outputExists, "the output directory is not empty", file: path,
          remedy: "choose another one, or add --overwrite to replace what this tool wrote there")
      }
      let foreign = Self.foreign(names, in: path, own: replacing(path))
      guard foreign.isEmpty else {
        throw VLMError(
          .outputNotOurs,
          "not overwritten, because it holds what this tool did not write, or what was changed since: "
            + foreign.prefix(5).joined(separator: ", ")
            + (foreign.count > 5 ? " and \(foreign.count - 5) more" : ""),
          file: path, remedy: "choose another output directory, or move these away")
      }
      return names
    }

    /// Removes what `commit` moved aside: the files that are this tool's, and the directory when nothing else is in it.
    func removeReplaced() throws(VLMError) {
      guard FileIdentity(replaced) != nil else { return }
      let own = replacing?(replaced) ?? []
      let names = (try? FileManager.default.contentsOfDirectory(atPath: replaced)) ?? []
      let foreign = Set(Self.foreign(names, in: replaced, own: own))
      for name in names where !foreign.contains(name) { unlink(replaced + "/" + name) }
      guard rmdir(replaced) == 0 else {
        throw VLMError(
          .outputNotOurs, "what stood at \(path) before is kept here, because not all of it is this tool's",
          file: replaced, remedy: "move it away")
      }
    }

    /// Names that are not to be removed: unknown ones, and links and folders of any name.
    private static func foreign(_ names: [String], in directory: String, own: Set<String>) -> [String] {
      names.filter { name in
        var status = stat()
        let isFile = lstat(directory + "/" + name, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        return !isFile || !own.contains(name)
      }
    }

    private static func resolved(_ path: String) throws(VLMError) -> String {
      if let real = realPath(path) { return real }
      return try OutputPlace.resolvingNew(path)
    }

    /// A directory that is replaced while somebody stands in it leaves him in one that is nowhere.
    private static func refuseWorkingDirectory(_ path: String) throws(VLMError) {
      guard let output = FileIdentity(path), let here = realPath(".") else { return }
      if pathAndParents(here).contains(where: { FileIdentity($0) == output }) {
        throw VLMError(
          .outputIsInput, "this is the directory you are in, or one above it", file: path,
          remedy: "name a new directory")
      }
    }
  }
}
