package import Tensors

/// A way to hold linear layers in few bits: who shares a scale, by which arithmetic, and what happens to activations.
///
/// Those of the runtime are `QuantizationSchemes.all`; an output format of another library has its own (`QuantizedFormat`).
package protocol QuantizationScheme: Sendable {
  /// The name `--scheme` takes and a runtime checkpoint's `config.json` holds.
  var id: String { get }
  /// One line for `--help` and the report.
  var summary: String { get }
  /// What happens to the inputs of a quantized layer at run time: which products the runtime takes.
  var activations: ActivationPrecision { get }
  /// Who shares a scale when nothing is said.
  var defaultGranularity: Granularity { get }
  /// Throws `granularityRefused` for a granularity that the scheme's products cannot use.
  func validate(_ granularity: Granularity) throws(VLMError)
}

/// One of symmetric codes of at most eight bits, a weight being code times scale.
///
/// To add one to the runtime: a file here that conforms, and a line in `QuantizationSchemes.all`. It is done when the kit, `SchemeConformance` in the tests, finds no defect.
package protocol SymmetricScheme: QuantizationScheme {
  /// Of a code.
  var bits: Int { get }
  /// The arithmetic for rows of this kind.
  func codec(for rows: WeightRows) -> any WeightCodec
}

extension SymmetricScheme {
  package var defaultGranularity: Granularity { .channel }
  package var bits: Int { 8 }
}

/// Precision of the inputs of quantized layers.
public enum ActivationPrecision: String, Codable, Sendable {
  /// Left as they are: products run in floating point on dequantized weights.
  case float
  /// One symmetric int8 scale per token, found at run time: scale = max|x| / 127.5.
  case dynamicPerToken = "int8, dynamic per token"
  /// One symmetric int8 scale per layer, from calibration: scale = max|x| / 127.5 over all that came into it.
  case staticPerLayer = "int8, one scale a layer"
}
