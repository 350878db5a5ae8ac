package import Files
package import Tensors

/// Writes a plan as a safetensors checkpoint, in one file or several with an index.
package struct SafetensorsWriter: CheckpointWriter {
  /// Data bytes after which the next shard begins; a larger tensor has a shard of its own.
  package var maximumShardByteCount = 5_000_000_000
  /// Joins `"format": "pt"` in every shard's `__metadata__`.
  package var metadata: [String: String] = [:]
  /// `model` gives `model.safetensors`, or `model-00001-of-0000N.safetensors` and an index.
  package var baseName = "model"
  package var threads = Parallel.threads

  package init() {}

  package func layout(of plan: [PlannedTensor]) throws(VLMError) -> FileLayout {
    try FileLayout(
      safetensors: plan.map(\.descriptor), metadata: metadata, maximumShardByteCount: maximumShardByteCount,
      baseName: baseName)
  }

  package func prepare(_ plan: [PlannedTensor], in directory: AtomicDirectory) throws(VLMError) -> FileLayout
  {
    let layout = try layout(of: plan)
    try layout.prepareFiles(in: directory)
    return layout
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
      let file = try layout.files[0].prepare(at: partial)
      let run = WriteRun(plan: plan, sources: [], share: nil, layout: layout, files: [file], journal: nil, progress: nil)
      try run.run(threads: threads)
      var written = run.written()
      try file.flush()
      try file.rename(to: path)
      written.rename(file: layout.files[0].name, to: path.lastPathPart)
      return written
    } catch {
      removeFile(partial)
      throw error
    }
  }
}
