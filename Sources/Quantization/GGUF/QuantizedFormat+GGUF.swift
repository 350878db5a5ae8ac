internal import Checkpoints
internal import Mapping
internal import Tensors

extension QuantizedFormat {
  /// llama.cpp's files with linear layers in Q8_0 or Q4_0.
  package static let gguf = QuantizedFormat(
    name: "gguf", summary: "for llama.cpp", output: .gguf, layouts: [8, 4].map { .gguf(GGMLScheme(bits: $0)) },
    objection: { entry, _ in
      let shape = entry.tensors[0].descriptor.shape
      guard shape.rank >= 2, let inputs = shape.dimensions.last else { return "no matrix in llama.cpp" }
      return inputs % GGMLScheme.block == 0 ? nil : "\(inputs) inputs are no whole blocks of \(GGMLScheme.block)"
    },
    describe: { _, _, _ in })
}
