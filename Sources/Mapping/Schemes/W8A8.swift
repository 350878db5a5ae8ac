package import Tensors

/// int8 weights with one scale per output channel, int8 activations with one scale per token found at run
/// time.
///
/// The scheme of the runtime's own int8 products, and `int-quantized` for vLLM and transformers. Static
/// activation scales would be a little faster but break vision transformers, whose activations have a few
/// huge channels.
package struct W8A8: SymmetricScheme {
  package init() {}
  package let id = "w8a8"
  package let summary = "int8 weights per output channel, int8 activations per token (dynamic)"
  package let activations = ActivationPrecision.dynamicPerToken

  package func codec(for rows: WeightRows) -> any WeightCodec { SymmetricCodes(rows) }

  /// Takes `.channel` only: an integer product sums over the whole row before it is scaled.
  package func validate(_ granularity: Granularity) throws(VLMError) {
    guard case .channel = granularity else {
      let others = QuantizationSchemes.all.filter { $0.activations == .float }.map(\.id)
      throw VLMError(
        .granularityRefused, "w8a8 has one scale per output channel, not per \(granularity)",
        remedy: "leave out --group-size, or use --scheme \(others.joined(separator: " or "))")
    }
  }
}
