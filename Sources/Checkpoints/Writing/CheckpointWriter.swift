package import Files
package import Tensors

/// Writes a plan in one container, from all threads at once.
///
/// To add one: a type in its container's folder that says where tensors stand and makes files with room for them. Making
/// tensors by slices, hashing them on the way, and going on after an interruption are here, the same for all. The same plan
/// gives the same bytes whatever the number of threads; memory is a few slices a thread, and nothing is read back.
package protocol CheckpointWriter: Sendable {
  var threads: Int { get }

  /// Where tensors will stand, for sizes before anything is written: all but what a library adds of its own.
  ///
  /// - Throws: `plan.*` for a plan that the container cannot hold.
  func layout(of plan: [PlannedTensor]) throws(VLMError) -> FileLayout

  /// Makes the files in `directory`, all but the bytes of tensors. Files of an interrupted run stay as they are; where they
  /// are not whole, its journal goes.
  ///
  /// - Returns: where tensors stand in these files.
  func prepare(_ plan: [PlannedTensor], in directory: AtomicDirectory) throws(VLMError) -> FileLayout
}

extension CheckpointWriter {
  /// Bytes of the buffers in use while `plan` is written, however much that is.
  package func bufferByteCount(of plan: [PlannedTensor]) -> Int {
    let memory = TensorWriter.Memory(plan)
    return threads * WriteRun.writersPerThread * (memory.result + memory.source)
  }

  /// Writes all tensors of `plan` into `directory` and hashes `sources` beside them.
  ///
  /// Jobs that an interrupted run finished are not done again. The caller adds its own files and commits.
  ///
  /// - Parameter progress: told the bytes made and hashed, a few times a second, from any thread.
  /// - Throws: what a producer throws, if that is a `VLMError`; otherwise `output.*`, `plan.*` or the container's own.
  package func write(
    _ plan: [PlannedTensor], hashing sources: [SourceTensor] = [], into directory: AtomicDirectory,
    progress: ProgressHandler? = nil
  ) throws(VLMError) -> WrittenCheckpoint {
    let run = try run(plan, hashing: sources, into: directory, progress: progress)
    try run.run(threads: threads)
    if let index = run.layout.index { try directory.write(index.text, to: index.name) }
    return run.written()
  }

  /// Does the directory's share of the work and leaves it there: bytes in their places, and a journal of them.
  ///
  /// - Returns: what of it was made now or found made.
  package func writeShare(
    of plan: [PlannedTensor], hashing sources: [SourceTensor] = [], in directory: AtomicDirectory,
    progress: ProgressHandler? = nil
  ) throws(VLMError) -> WrittenShare {
    let run = try run(plan, hashing: sources, into: directory, progress: progress)
    try run.run(threads: threads)
    return run.share
  }

  private func run(
    _ plan: [PlannedTensor], hashing sources: [SourceTensor], into directory: AtomicDirectory, progress: ProgressHandler?
  ) throws(VLMError) -> WriteRun {
    let layout = try prepare(plan, in: directory)
    var files: [OutputFile] = []
    for file in layout.files { files.append(try OutputFile(directory.stagedPath(file.name))) }
    let journal = try WriteJournal(in: directory, fingerprint: layout.fingerprint(plan, sources))
    directory.endPreparing()
    return WriteRun(
      plan: plan, sources: sources, share: directory.share, layout: layout, files: files, journal: journal, progress: progress)
  }
}

/// What a run of a share has in the files.
package struct WrittenShare: Sendable, Equatable {
  /// Whole tensors, and their bytes.
  package let tensors, byteCount: Int
  /// Bytes that runs before had made already.
  package let resumedByteCount: Int
}

/// What a writer wrote.
package struct WrittenCheckpoint: Sendable, Equatable {
  package struct Tensor: Codable, Sendable, Equatable {
    package let name: String
    /// The bare name of the file that holds it.
    package fileprivate(set) var file: String
    /// First byte in the file.
    package let offset: Int
    package let byteCount: Int
    /// 64 hexadecimal digits.
    package let sha256: String
    /// Hash of the bytes it was made from, as `PlannedTensor.sourceHash` says.
    package let sourceSHA256: String?
  }

  /// In the order of the plan.
  package var tensors: [Tensor]
  /// Of the source tensors passed to be hashed, by name.
  package let sourceHashes: [String: String]
  /// All files, those with tensors first.
  package private(set) var files: [String]
  /// Bytes that an interrupted run had made already.
  package let resumedByteCount: Int

  init(tensors: [Tensor], sourceHashes: [String: String], files: [String], resumedByteCount: Int) {
    self.tensors = tensors
    self.sourceHashes = sourceHashes
    self.files = files
    self.resumedByteCount = resumedByteCount
  }

  mutating func rename(file: String, to name: String) {
    for index in tensors.indices { tensors[index].file = name }
    files = files.map { $0 == file ? name : $0 }
  }
}
