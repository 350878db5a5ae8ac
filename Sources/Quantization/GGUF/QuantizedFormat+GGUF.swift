internal import Checkpoints
internal import Mapping
internal import Tensors

extension QuantizedFormat {
  /// llama.cpp's files with linear layers in Q8_0.
  package static let gguf = QuantizedFormat(
    name: "gguf", summary: "Q8_0 for llama.cpp", output: .gguf, layouts: [.gguf(GGMLQ8())],
    objection: { entry, _ in
      let shape = entry.tensors[0].descriptor.shape
      guard shape.rank == 2 else { return "no matrix in llama.cpp" }
      return shape[1] % GGMLQ8.block == 0 ? nil : "\(shape[1]) inputs are no whole blocks of \(GGMLQ8.block)"
    },
    describe: { _, _, _ in })
}
