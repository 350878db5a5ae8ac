public import Mapping
public import Tensors

/// What a quantize run is asked to do.
public struct QuantizationOptions: Sendable {
  /// Where the checkpoint is written, and how.
  public var conversion: Conversion.Options
  /// The layout that is written.
  public let format: QuantizedFormat
  package var layout: QuantizedLayout
  package var granularity: Granularity
  /// Parts whose linear layers are quantized; `nil` is all.
  public var only: Set<ModelComponent>?
  /// Layers that stay as they are.
  public var keep: [NamePick] = []

  package var scheme: any QuantizationScheme { layout.scheme }

  /// Quantizes all linear layers.
  ///
  /// - Parameters:
  ///   - output: the directory, whose parent is there.
  ///   - format: the layout that is written.
  ///   - scheme: `w8a8` (weights one scale an output channel, activations one a token while running) or `w8a16` (weights only); of
  ///     llama.cpp `q8_0`; of MLX `affine4` and `affine8`; by default the format's first.
  ///   - groupSize: inputs that share a scale, where the scheme leaves a choice; `nil` is the scheme's own.
  /// - Throws: `quantization.scheme.unknown`, `quantization.scheme.refused`, `quantization.granularity.refused`.
  public init(
    output: String, format: QuantizedFormat = QuantizedFormat.all[0], scheme: String? = nil, groupSize: Int? = nil
  ) throws(VLMError) {
    conversion = Conversion.Options(output: output)
    self.format = format
    layout = try format.layout(holding: scheme)
    granularity = groupSize.map { .group($0) } ?? layout.scheme.defaultGranularity
    try layout.scheme.validate(granularity)
  }
}
