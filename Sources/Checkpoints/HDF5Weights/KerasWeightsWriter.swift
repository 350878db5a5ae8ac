package import Files
package import Tensors

/// Writes a plan as the `model.weights.h5` of a Keras preset, from all threads at once.
///
/// libhdf5 makes the groups and sets aside room for every data set; the data then goes to its place in the file as it
/// does in safetensors: made by slices, hashed on the way, and gone on with after an interruption. The same plan gives
/// the same bytes.
package struct KerasWeightsWriter: Sendable {
  package static let fileName = "model.weights.h5"

  package var threads = Parallel.threads

  package init() {}

  /// Where tensors will stand, but for what HDF5 itself needs: for sizes before anything is written.
  package func layout(of plan: [PlannedTensor]) -> SafetensorsLayout {
    var offset = 0
    var placements: [SafetensorsLayout.Placement] = []
    for (index, tensor) in plan.enumerated() {
      placements.append(SafetensorsLayout.Placement(index: index, offset: offset))
      offset += tensor.descriptor.byteCount
    }
    return SafetensorsLayout(fileName: Self.fileName, placements: placements, byteCount: offset)
  }

  /// Writes all tensors of `plan` into `directory` and hashes `sources` beside them.
  ///
  /// - Throws: what a producer throws, if that is a `VLMError`; `output.*`, `plan.*` or `hdf5.*` otherwise.
  package func write(
    _ plan: [PlannedTensor], hashing sources: [SourceTensor] = [], into directory: AtomicDirectory,
    progress: ProgressHandler? = nil
  ) throws(VLMError) -> WrittenCheckpoint {
    let path = directory.stagedPath(Self.fileName)
    let journalPath = directory.stagedPath(AtomicDirectory.journalName)
    let layout: SafetensorsLayout
    if let whole = try? Self.layout(of: plan, in: path) {
      layout = whole
    } else {
      removeFile(journalPath)
      removeFile(path)
      try requireSpace(plan.reduce(0) { $0 + $1.descriptor.byteCount }, at: directory.stagingPath)
      try Self.makeFile(for: plan, at: path)
      layout = try Self.layout(of: plan, in: path)
    }
    let journal = try WriteJournal(
      journalPath, fingerprint: SafetensorsWriter.fingerprint(layout, plan, sources))
    let run = WriteRun(
      plan: plan, sources: sources, layout: layout, files: [try OutputFile(path)], journal: journal,
      progress: progress)
    return try run.run(threads: threads)
  }

  private static func makeFile(for plan: [PlannedTensor], at path: String) throws(VLMError) {
    var names: Set<String> = []
    let writer = try HDF5Writer(path)
    for tensor in plan.map(\.descriptor) {
      guard names.insert(tensor.name).inserted else {
        throw VLMError(.planDuplicateName, "this tensor would be written twice", tensor: tensor.name)
      }
      _ = try writer.createDataset(tensor.name, dtype: tensor.dtype, shape: tensor.shape, reserving: true)
    }
    try writer.commit()
  }

  /// Where the data sets of a file stand; throws when they are not those of the plan.
  private static func layout(of plan: [PlannedTensor], in path: String) throws(VLMError) -> SafetensorsLayout
  {
    let file = try HDF5File(path)
    var placements: [SafetensorsLayout.Placement] = []
    for (index, tensor) in plan.enumerated() {
      let dataset = try file.dataset("/" + tensor.descriptor.name)
      guard try dataset.dtype == tensor.descriptor.dtype, dataset.shape == tensor.descriptor.shape,
        let place = try dataset.place()
      else {
        throw VLMError(
          .hdf5WriteFailed, "has no room for this tensor", file: path, tensor: tensor.descriptor.name)
      }
      placements.append(SafetensorsLayout.Placement(index: index, offset: place.lowerBound))
    }
    return SafetensorsLayout(
      fileName: path.lastPathPart, placements: placements.sorted { $0.offset < $1.offset },
      byteCount: file.byteCount)
  }
}
