package import Files
package import Tensors

/// Writes a plan as the `model.weights.h5` of a Keras preset.
///
/// libhdf5 makes the groups and sets aside room for every data set; the data then goes to its place in the file as it
/// does in safetensors.
package struct KerasWeightsWriter: CheckpointWriter {
  package static let fileName = "model.weights.h5"

  package let threads: Int

  package init(threads: Int = Parallel.threads) { self.threads = threads }

  package func layout(of plan: [PlannedTensor]) -> FileLayout {
    var offset = 0
    var offsets: [FileLayout.TensorOffset] = []
    for (index, tensor) in plan.enumerated() {
      offsets.append(FileLayout.TensorOffset(index: index, offset: offset))
      offset += tensor.descriptor.byteCount
    }
    return Self.layout(offsets, byteCount: offset)
  }

  package func prepare(_ plan: [PlannedTensor], in directory: AtomicDirectory) throws(VLMError) -> FileLayout {
    let path = directory.stagedPath(Self.fileName)
    if let whole = try? Self.layout(of: plan, in: path) { return whole }
    WriteJournal.remove(from: directory)
    removeFile(path)
    try requireSpace(plan.reduce(0) { $0 + $1.descriptor.byteCount }, at: directory.stagingPath)
    try Self.makeFile(for: plan, at: path)
    return try Self.layout(of: plan, in: path)
  }

  private static func layout(_ offsets: [FileLayout.TensorOffset], byteCount: Int) -> FileLayout {
    FileLayout(
      files: [FileLayout.File(name: fileName, header: [], offsets: offsets, byteCount: byteCount)], index: nil)
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
  private static func layout(of plan: [PlannedTensor], in path: String) throws(VLMError) -> FileLayout {
    let file = try HDF5File(path)
    var offsets: [FileLayout.TensorOffset] = []
    for (index, tensor) in plan.enumerated() {
      let dataset = try file.dataset("/" + tensor.descriptor.name)
      guard try dataset.dtype == tensor.descriptor.dtype, dataset.shape == tensor.descriptor.shape,
        let place = try dataset.place()
      else {
        throw VLMError(
          .hdf5WriteFailed, "has no room for this tensor", file: path, tensor: tensor.descriptor.name)
      }
      offsets.append(FileLayout.TensorOffset(index: index, offset: place.lowerBound))
    }
    return layout(offsets.sorted { $0.offset < $1.offset }, byteCount: file.byteCount)
  }
}
