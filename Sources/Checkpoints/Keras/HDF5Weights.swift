internal import Files
package import Tensors

/// Model weights in one HDF5 file or several, in one of the layouts of Keras and TensorFlow.
///
/// The layouts differ in what a tensor is called, and each has its file: `+Keras`, `+LegacyKeras`,
/// `+Transformers`. What they share is here: data that stands in the file as it is to be read is lent from the
/// mapping, so that a large file streams without a copy; packed data is unpacked by rows.
package final class HDF5Weights: CheckpointReader {
  package let tensors: [TensorDescriptor]
  private let files: [HDF5Tensors]
  private let fileOfTensor: [String: Int]

  /// - Parameter path: what was opened, for messages.
  /// - Throws: `hdf5.noWeights` when there is no tensor at all, `index.duplicateTensor` when two files have one.
  init(_ files: [HDF5Tensors], path: String) throws(VLMError) {
    var fileOfTensor: [String: Int] = [:]
    for (number, file) in files.enumerated() {
      for tensor in file.descriptors {
        if let other = fileOfTensor.updateValue(number, forKey: tensor.name) {
          throw VLMError(
            .indexDuplicateTensor, "\(files[other].path.lastPathPart) holds this tensor too", file: file.path,
            tensor: tensor.name, remedy: "two readers could see different data; get the checkpoint again")
        }
      }
    }
    guard !fileOfTensor.isEmpty else {
      throw VLMError(
        .hdf5NoWeights, "the file holds no weights", file: path,
        remedy: "give the file that save_weights or save_to_preset wrote")
    }
    self.files = files
    self.fileOfTensor = fileOfTensor
    tensors = files.flatMap(\.descriptors).sorted { $0.name < $1.name }
  }

  /// Opens one `.h5` file, whichever of the layouts it has.
  ///
  /// A list `layer_names` at the top is what only the old layout has; Hugging Face's is a variant of it, known by
  /// its file name.
  package convenience init(_ path: String) throws(VLMError) {
    let file = try HDF5File(path)
    let tensors: HDF5Tensors
    if let root = try Self.legacyRoot(of: file) {
      let isTransformers = path.lastPathPart.hasPrefix("tf_model")
      tensors = isTransformers ? try Self.transformers(file, root) : try Self.legacyKeras(file, root)
    } else {
      tensors = try Self.keras(file)
    }
    try self.init([tensors], path: path)
  }

  private func file(holding name: String) -> HDF5Tensors {
    guard let number = fileOfTensor[name] else { preconditionFailure("no tensor \(name)") }
    return files[number]
  }

  package func file(of name: String) -> String { file(holding: name).path }

  package func withBytes<R>(of name: String, _ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
    try file(holding: name).withBytes(of: name, body)
  }

  package func readBytes(
    of name: String, _ range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws(VLMError) {
    try file(holding: name).readBytes(of: name, range, into: destination)
  }
}
