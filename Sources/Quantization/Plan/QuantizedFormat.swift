internal import Files
package import Mapping
package import Tensors

/// A layout that quantized checkpoints are written in: an output format with codes and scales among its tensors.
///
/// To add one: a value, and a place in `all`; the choices of `quantize --format` come from there.
public struct QuantizedFormat: Sendable {
  /// What `--format` takes, and the report says.
  public let name: String
  /// One line for `--help`.
  public let summary: String
  /// All that is not quantized is written so.
  package let output: OutputFormat
  /// How the codes and scales of a layer lie; `nil` for a scheme that the format does not hold.
  package let layout: @Sendable (any QuantizationScheme) -> QuantizedLayout?
  /// Why the format cannot hold a linear layer in few bits, if so; the set has the names of all tensors.
  let objection: @Sendable (ConversionEntry, Set<String>) -> String?
  /// Says in the output's configuration what was quantized and how.
  let describe:
    @Sendable (inout ConversionPlan, QuantizationOptions, [LayerDecision]) throws(VLMError) -> Void
  /// The one scheme that it can hold, where it is made for one.
  package var own: (scheme: any QuantizationScheme, granularity: Granularity)?

  /// The first is what `quantize` writes when it is not told.
  public static let all = [runtime, compressedTensors, gguf, mlx]

  /// The runtime's own parameter names, scales in f32.
  public static let runtime = QuantizedFormat(
    name: "runtime", summary: "for this tool", output: .runtime, layout: { $0 is any Int8Scheme ? .runtime : nil },
    objection: { _, _ in nil },
    describe: { (plan, options, decisions) throws(VLMError) in
      plan.configuration.quantization = QuantizationConfiguration(
        scheme: options.scheme.id, granularity: options.granularity,
        kept: decisions.filter(\.isKeptLayer).map(\.name))
    })

  /// The schemes that it holds; the first is what is taken when nothing is said.
  package var schemes: [any QuantizationScheme] {
    own.map { [$0.scheme] } ?? QuantizationSchemes.all.filter { layout($0) != nil }
  }

  /// - Throws: `schemeRefused` for a scheme that it does not hold.
  package func layout(holding scheme: any QuantizationScheme) throws(VLMError) -> QuantizedLayout {
    guard let layout = layout(scheme) else {
      throw VLMError(
        .schemeRefused, "\(name) does not hold \(scheme.id)", remedy: "use --scheme " + schemes.map(\.id).joined(separator: " or "))
    }
    return layout
  }
}
