package import Tensors

extension VLMError.Code {
  /// A `--keep` pattern or an `--only` part that selects nothing.
  package static let patternMatchesNothing = Self("quantization.pattern.unmatched")
  /// The input holds int8 or other quantized weights already.
  package static let alreadyQuantized = Self("quantization.input.quantized")
  /// A scheme that an output format does not hold.
  package static let schemeRefused = Self("quantization.scheme.refused")
  /// NaN or infinity among the weights of a layer that is to be quantized.
  package static let weightNotFinite = Self("quantization.weight.notFinite")
  /// A `config.json` that is no JSON object.
  package static let configurationMalformed = Self("quantization.configuration.malformed")
  /// Every linear layer was kept: the output would be a plain conversion.
  package static let nothingToQuantize = Self("quantization.plan.empty")
}
