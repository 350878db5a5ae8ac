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
  /// One for each scheme that it holds; the first is what is taken when nothing is said.
  package let layouts: [QuantizedLayout]
  /// Why the format cannot hold a linear layer in few bits, if so; the set has the names of all tensors.
  let objection: @Sendable (ConversionEntry, Set<String>) -> String?
  /// Says in the output's configuration what was quantized and how.
  let describe:
    @Sendable (inout ConversionPlan, QuantizationOptions, [LayerDecision]) throws(VLMError) -> Void

  /// The first is what `quantize` writes when it is not told.
  public static let all = [runtime, compressedTensors, gguf, mlx]

  /// Every scheme that one of them holds, once.
  package static var schemes: [any QuantizationScheme] {
    var known: Set<String> = []
    return all.flatMap(\.layouts).map(\.scheme).filter { known.insert($0.id).inserted }
  }

  /// The runtime's own parameter names, scales in f32.
  public static let runtime = QuantizedFormat(
    name: "runtime", summary: "for this tool", output: .runtime, layouts: QuantizationSchemes.all.map { .runtime($0) },
    objection: { _, _ in nil },
    describe: { (plan, options, decisions) throws(VLMError) in
      plan.configuration.quantization = QuantizationConfiguration(
        scheme: options.scheme.id, granularity: options.granularity,
        kept: decisions.filter(\.isKeptLayer).map(\.name))
    })

  /// - Parameter id: of a scheme; `nil`: the first.
  /// - Throws: `schemeUnknown`, `schemeRefused` for one that it does not hold.
  package func layout(holding id: String?) throws(VLMError) -> QuantizedLayout {
    guard let id else { return layouts[0] }
    if let layout = layouts.first(where: { $0.scheme.id == id }) { return layout }
    let remedy = "use " + layouts.map(\.scheme.id).joined(separator: " or ")
    guard Self.schemes.contains(where: { $0.id == id }) else {
      throw VLMError(.schemeUnknown, "no scheme is called \(id)", remedy: remedy)
    }
    throw VLMError(.schemeRefused, "\(name) does not hold \(id)", remedy: remedy)
  }
}
