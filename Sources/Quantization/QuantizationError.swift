package import Tensors

extension VLMError.Code {
  /// A `--keep` pattern or an `--only` part that selects nothing.
  package static let patternMatchesNothing = Self("quantization.pattern.unmatched")
  /// A `re:` pattern that is no regular expression.
  /// A scheme nobody registered.
  package static let schemeUnknown = Self("quantization.scheme.unknown")
  /// A granularity the scheme does not take, or a group size that is no group size.
  package static let granularityRefused = Self("quantization.granularity.refused")
  /// The input holds int8 or other quantized weights already.
  package static let alreadyQuantized = Self("quantization.input.quantized")
  /// NaN or infinity among the weights of a layer that is to be quantized.
  package static let weightNotFinite = Self("quantization.weight.notFinite")
  /// A `config.json` that is no JSON object.
  package static let configurationMalformed = Self("quantization.configuration.malformed")
  /// Every linear layer was kept: the output would be a plain conversion.
  package static let nothingToQuantize = Self("quantization.plan.empty")
}
