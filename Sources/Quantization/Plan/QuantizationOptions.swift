public import Mapping
public import Tensors

/// What a quantize run is asked to do.
public struct QuantizationOptions: Sendable {
  /// Where the checkpoint is written, and how.
  public var conversion: Conversion.Options
  /// The layout that is written.
  public var format = QuantizedFormat.all[0]
  package var scheme: any QuantizationScheme
  package var granularity: Granularity
  /// Parts whose linear layers are quantized; `nil` is all.
  public var only: Set<ModelComponent>?
  /// Layers that stay as they are.
  public var keep: [NamePick] = []

  /// Quantizes all linear layers.
  ///
  /// - Parameters:
  ///   - output: the directory, whose parent is there.
  ///   - scheme: `w8a8` (weights one scale an output channel, activations one a token while running) or `w8a16` (weights
  ///     only); by default the first.
  ///   - groupSize: inputs that share a scale instead of a whole output channel; for `w8a16`.
  /// - Throws: `quantization.scheme.unknown`, `quantization.granularity.refused`.
  public init(output: String, scheme: String? = nil, groupSize: Int? = nil) throws(VLMError) {
    conversion = Conversion.Options(output: output)
    self.scheme = try scheme.map(QuantizationSchemes.scheme) ?? QuantizationSchemes.all[0]
    granularity = Granularity(groupSize: groupSize)
    try self.scheme.validate(granularity)
  }
}
