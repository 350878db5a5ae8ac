package import Tensors

/// int8 weights with one scale per output channel or per group of inputs; activations stay in floating point.
///
/// Halves a checkpoint at almost no loss; products run on dequantized weights. `pack-quantized` for vLLM and
/// transformers.
package struct W8A16: SymmetricScheme {
  package init() {}
  package let id = "w8a16"
  package let summary = "int8 weights per output channel or group, activations in floating point"
  package let activations = ActivationPrecision.float

  package func codec(for rows: WeightRows) -> any WeightCodec { SymmetricCodes(rows) }

  package func validate(_ granularity: Granularity) throws(VLMError) { try granularity.requireGroup() }
}
