internal import Files
internal import Tensors

/// Where every byte of an output's tensors will stand, whatever its container, fixed before the first is made.
package struct FileLayout: Sendable {
  package struct TensorOffset: Sendable {
    /// Position in the plan.
    package let index: Int
    /// First byte in the file.
    package let offset: Int
  }

  /// A file with tensors.
  package struct File: Sendable {
    /// A bare name.
    package let name: String
    /// What stands before the tensors, where the writer makes it and no library does.
    package let header: [UInt8]
    /// In data order.
    package let offsets: [TensorOffset]
    package let byteCount: Int
  }

  /// The list of a checkpoint in several files.
  package struct Index: Sendable {
    package let name: String
    package let text: String
  }

  package let files: [File]
  package let index: Index?

  package var byteCount: Int { files.reduce(0) { $0 + $1.byteCount } }

  /// Names everything that a journal's job numbers depend on.
  func fingerprint(_ plan: [PlannedTensor], _ sources: [SourceTensor]) -> String {
    let hash = SHA256()
    for file in files {
      hash.update(file.name)
      file.header.withUnsafeBytes { hash.update($0) }
      for tensor in file.offsets { hash.update(" \(tensor.index)") }
    }
    for tensor in plan { hash.update("\(tensor.sourceHash) ") }
    for source in sources { hash.update("\(source.name) \(source.byteCount) ") }
    return hash.finish()
  }
}

extension FileLayout {
  /// Makes the files with what stands before the tensors; those of an interrupted run stay as they are. Where one is not whole, its
  /// journal goes.
  func prepareFiles(in directory: AtomicDirectory) throws(VLMError) {
    let isWhole = files.allSatisfy { byteCountOfFile(directory.stagedPath($0.name)) == $0.byteCount }
    if !isWhole { WriteJournal.remove(from: directory) }
    let existing = files.reduce(0) { $0 + allocatedByteCount(directory.stagedPath($1.name)) }
    try requireSpace(byteCount - existing, at: directory.stagingPath)
    for file in files { _ = try file.prepare(at: directory.stagedPath(file.name)) }
  }
}

extension FileLayout.File {
  func prepare(at path: String) throws(VLMError) -> OutputFile {
    let file = try OutputFile(path)
    try file.setByteCount(byteCount)
    let result = header.withUnsafeBytes { header in
      Result { () throws(VLMError) in try file.write(header, at: 0) }
    }
    try result.get()
    return file
  }
}
