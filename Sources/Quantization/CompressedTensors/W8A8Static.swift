package import Mapping
package import Tensors

/// int8 weights with one scale per output channel; int8 activations with one scale a layer, found on calibration data.
///
/// `int-quantized` for vLLM and transformers. Saves who runs it the look at every token; costs more where some tokens are far larger than
/// others, as in vision transformers, and cuts what is larger than all that calibration saw.
package struct W8A8Static: SymmetricScheme {
  package init() {}
  package let id = "w8a8-static"
  package let summary = "int8 weights per output channel, int8 activations with one scale a layer, from calibration"
  package let activations = ActivationPrecision.staticPerLayer

  package func codec(for rows: WeightRows) -> any WeightCodec { SymmetricCodes(rows) }

  package func validate(_ granularity: Granularity) throws(VLMError) { try W8A8().validate(granularity) }
}
