public import Mapping
public import Tensors

/// What a quantize run is asked to do.
public struct QuantizationOptions: Sendable {
  /// Where the checkpoint is written, and how.
  public var conversion: Conversion.Options
  /// The layout that is written.
  public var format = QuantizedFormat.all[0]
  /// For formats that have no scheme of their own.
  private var chosen: (scheme: any QuantizationScheme, granularity: Granularity)
  package var scheme: any QuantizationScheme {
    get { format.own?.scheme ?? chosen.scheme }
    set { chosen.scheme = newValue }
  }
  package var granularity: Granularity {
    get { format.own?.granularity ?? chosen.granularity }
    set { chosen.granularity = newValue }
  }
  /// Parts whose linear layers are quantized; `nil` is all.
  public var only: Set<ModelComponent>?
  /// Layers that stay as they are.
  public var keep: [NamePick] = []

  /// Quantizes all linear layers.
  ///
  /// - Parameters:
  ///   - output: the directory, whose parent is there.
  ///   - scheme: for formats that do not have one of their own: `w8a8` (weights one scale an output channel, activations one a token while running) or `w8a16` (weights
  ///     only); by default the first.
  ///   - groupSize: inputs that share a scale instead of a whole output channel; for `w8a16`.
  /// - Throws: `quantization.scheme.unknown`, `quantization.granularity.refused`.
  public init(output: String, scheme: String? = nil, groupSize: Int? = nil) throws(VLMError) {
    conversion = Conversion.Options(output: output)
    chosen = (
      try scheme.map(QuantizationSchemes.scheme) ?? QuantizationSchemes.all[0],
      Granularity(groupSize: groupSize)
    )
    try chosen.scheme.validate(chosen.granularity)
  }
}
