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
