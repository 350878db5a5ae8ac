package import Mapping
package import Tensors

/// int4 weights with one scale per group of inputs (or per output channel); activations stay in floating point.
///
/// `pack-quantized` of four bits, for vLLM and transformers.
package struct W4A16: SymmetricScheme {
  package init() {}
  package let id = "w4a16"
  package let summary = "int4 weights per group of inputs, activations in floating point"
  package let activations = ActivationPrecision.float
  package let bits = 4
  package let defaultGranularity = Granularity.group(128)

  package func codec(for rows: WeightRows) -> any WeightCodec { SymmetricCodes(rows, bits: bits) }

  package func validate(_ granularity: Granularity) throws(VLMError) { try granularity.requireGroup() }
}
