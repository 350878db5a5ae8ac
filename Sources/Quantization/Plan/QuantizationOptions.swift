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

  /// Whether activations are made alike in their channels first (see `Smoothing`); of schemes with int8 activations.
  public private(set) var smooths = false
  /// What was seen to come into linear layers while the model ran, by parameter; without it, norms alone say what they put out.
  package var inputs: [String: LayerInputs] = [:]

  /// Linear weights of which `inputs` is to be told.
  package func watched(of checkpoint: MappedCheckpoint) -> Set<String> {
    if scheme.activations == .staticPerLayer {
      return Set(checkpoint.inventory.parameters.filter { $0.role == .linear }.map(\.name))
    }
    return Set(SmoothingPlace.all(of: checkpoint).map(\.watched))
  }

  /// Whether the scheme cannot do without calibration.
  public var needsCalibration: Bool { scheme.activations == .staticPerLayer }

  package var scheme: any QuantizationScheme { layout.scheme }

  /// The same with activations made alike first, or not.
  ///
  /// - Throws: `quantization.scheme.refused` where activations stay in floating point.
  public func smoothing(_ smooths: Bool = true) throws(VLMError) -> QuantizationOptions {
    guard !smooths || scheme.activations != .float else {
      throw VLMError(
        .schemeRefused, "\(scheme.id) leaves activations in floating point, so nothing is won by smoothing them",
        remedy: "use w8a8, or leave --smooth out")
    }
    var result = self
    result.smooths = smooths
    return result
  }

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
