public import Mapping
public import Tensors

/// What a quantize run is asked to do.
public struct QuantizationOptions: Sendable {
  /// Where the checkpoint is written, and how.
  public var conversion: Conversion.Options
  /// The layout that is written.
  public var format: QuantizedFormat
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
  ///   - format: the layout that is written.
  ///   - scheme: for formats that do not have one of their own: `w8a8` (weights one scale an output channel, activations one a token
  ///     while running), `w8a16` (weights only), or of MLX `affine4` and `affine8`; by default the format's first.
  ///   - groupSize: inputs that share a scale instead of a whole output channel; for all but `w8a8`.
  /// - Throws: `quantization.scheme.unknown`, `quantization.scheme.refused`, `quantization.granularity.refused`.
  public init(
    output: String, format: QuantizedFormat = QuantizedFormat.all[0], scheme: String? = nil, groupSize: Int? = nil
  ) throws(VLMError) {
    conversion = Conversion.Options(output: output)
    self.format = format
    let scheme = try scheme.map(QuantizationSchemes.scheme) ?? format.schemes[0]
    chosen = (scheme, groupSize.map { .group($0) } ?? scheme.defaultGranularity)
    guard format.own == nil else { return }
    _ = try format.layout(holding: scheme)
    try scheme.validate(chosen.granularity)
  }
}
