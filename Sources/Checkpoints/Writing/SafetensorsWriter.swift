package import Files
package import Tensors

/// Writes a plan as a safetensors checkpoint, from all threads at once.
///
/// Deterministic to the byte: the same plan gives the same files whatever the number of threads. Memory is one
/// slice buffer a thread. Hashes are taken as slices are made, so nothing is read back.
package struct SafetensorsWriter: Sendable {
  /// Data bytes after which the next shard begins; a larger tensor has a shard of its own.
  package var maximumShardByteCount = 5_000_000_000
  /// Joins `"format": "pt"` in every shard's `__metadata__`.
  package var metadata: [String: String] = [:]
  /// `model` gives `model.safetensors`, or `model-00001-of-0000N.safetensors` and an index.
  package var baseName = "model"
  package var threads = Parallel.threads

  package init() {}

  package func layout(of plan: [PlannedTensor]) throws(VLMError) -> SafetensorsLayout {
    try SafetensorsLayout(
      plan.map(\.descriptor), metadata: metadata, maximumShardByteCount: maximumShardByteCount,
      baseName: baseName)
  }

  /// Bytes of the buffers in use while `plan` is written, however much that is.
  package func bufferByteCount(of plan: [PlannedTensor]) -> Int {
    let lane = WriteLane.Memory(plan)
    return threads * WriteRun.lanesPerThread * (lane.result + lane.source)
  }

  /// Writes all tensors of `plan` into `directory` and hashes `sources` beside them.
  ///
  /// Jobs that an interrupted run finished are not done again. The caller adds its own files and commits.
  ///
  /// - Parameter progress: told the bytes made and hashed, a few times a second, from any thread.
  /// - Throws: what a producer throws, if that is a `VLMError`; `output.*` or `plan.*` otherwise.
  package func write(
    _ plan: [PlannedTensor], hashing sources: [SourceTensor] = [], into directory: AtomicDirectory,
    progress: ProgressHandler? = nil
  ) throws(VLMError) -> WrittenCheckpoint {
    let layout = try layout(of: plan)
    let existing = layout.shards.reduce(0) { $0 + allocatedByteCount(directory.stagedPath($1.fileName)) }
    let journalPath = directory.stagedPath(AtomicDirectory.journalName)
    let isWhole = layout.shards.allSatisfy {
      byteCountOfFile(directory.stagedPath($0.fileName)) == $0.byteCount
    }
    if !isWhole { removeFile(journalPath) }
    try requireSpace(layout.shards.reduce(0) { $0 + $1.byteCount } - existing, at: directory.stagingPath)
    var files: [OutputFile] = []
    for shard in layout.shards {
      files.append(try Self.prepare(shard, at: directory.stagedPath(shard.fileName)))
    }
    let journal = try WriteJournal(
      journalPath, fingerprint: Self.fingerprint(layout, plan, sources))
    let run = WriteRun(
      plan: plan, sources: sources, layout: layout, files: files, journal: journal, progress: progress)
    let written = try run.run(threads: threads)
    if let index = layout.index { try directory.write(index, to: layout.indexFileName) }
    return written
  }

  /// Writes a single small file, for instance of reference activations; it appears whole or not at all.
  ///
  /// Its metadata say that this tool wrote it, so that it may be replaced by the next one.
  @discardableResult
  package func write(_ plan: [PlannedTensor], toFile path: String) throws(VLMError) -> WrittenCheckpoint {
    var single = self
    single.maximumShardByteCount = .max
    single.metadata["writer"] = OutputPlace.Kind.writer
    let layout = try single.layout(of: plan)
    let partial = path + ".vlmtool-partial"
    UnfinishedFiles.begin(partial, .removed)
    defer { UnfinishedFiles.end(partial) }
    do throws(VLMError) {
      let file = try Self.prepare(layout.shards[0], at: partial)
      let run = WriteRun(plan: plan, sources: [], layout: layout, files: [file], journal: nil, progress: nil)
      var written = try run.run(threads: threads)
      try file.flush()
      try file.rename(to: path)
      written.rename(file: layout.shards[0].fileName, to: path.lastPathPart)
      return written
    } catch {
      removeFile(partial)
      throw error
    }
  }

  private static func prepare(_ shard: SafetensorsLayout.Shard, at path: String) throws(VLMError)
    -> OutputFile
  {
    let file = try OutputFile(path)
    try file.setByteCount(shard.byteCount)
    let result = shard.header.withUnsafeBytes { header in
      Result { () throws(VLMError) in try file.write(header, at: 0) }
    }
    try result.get()
    return file
  }

  /// Names everything that a journal's job numbers depend on.
  static func fingerprint(
    _ layout: SafetensorsLayout, _ plan: [PlannedTensor], _ sources: [SourceTensor]
  ) -> String {
    let hash = SHA256()
    for shard in layout.shards {
      hash.update(shard.fileName)
      shard.header.withUnsafeBytes { hash.update($0) }
      for placement in shard.placements { hash.update(" \(placement.index)") }
    }
    for tensor in plan { hash.update("\(tensor.sourceHash) ") }
    for source in sources { hash.update("\(source.name) \(source.byteCount) ") }
    return hash.finish()
  }
}

/// What a writer wrote.
package struct WrittenCheckpoint: Sendable, Equatable {
  package struct Tensor: Codable, Sendable, Equatable {
    package let name: String
    /// The shard's bare file name.
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
  /// All files, shards first.
  package private(set) var files: [String]
  /// Bytes that an interrupted run had made already.
  package let resumedByteCount: Int

  init(tensors: [Tensor], sourceHashes: [String: String], files: [String], resumedByteCount: Int) {
    self.tensors = tensors
    self.sourceHashes = sourceHashes
    self.files = files
    self.resumedByteCount = resumedByteCount
  }

  fileprivate mutating func rename(file: String, to name: String) {
    for index in tensors.indices { tensors[index].file = name }
    files = files.map { $0 == file ? name : $0 }
  }
}
