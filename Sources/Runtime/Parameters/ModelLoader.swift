internal import Checkpoints
internal import Files
internal import Mapping
internal import Tensors

/// Reads a model's parameters and settles in which arithmetic each linear layer runs.
struct ModelLoader {
  let source: any ParameterSource
  let precision: Precision
  /// How linear weights are stored, when they are int8.
  private let quantization: QuantizationConfiguration?
  private let mapsWeights: Bool
  private let runsInInt8: Bool

  /// The scheme of the runtime's own int8 products: what float weights are quantized by on load.
  private static let ownScheme = W8A8()

  /// - Parameters:
  ///   - quantization: how linear weights are stored, when they are int8.
  ///   - mapsWeights: whether linear weights are used where they lie in the file, where they can be: for models that outgrow
  ///     memory and for decoding, which reads every weight for a single token.
  /// - Throws: `schemeUnknown` when weights are to run as stored, by a scheme that is not there.
  init(
    source: any ParameterSource, precision: Precision, quantization: QuantizationConfiguration?,
    mapsWeights: Bool = false
  ) throws(VLMError) {
    self.source = source
    self.precision = precision
    self.quantization = quantization
    self.mapsWeights = mapsWeights
    do throws(VLMError) {
      runsInInt8 =
        switch (precision, quantization) {
        case (.stored, let stored?):
          try QuantizationSchemes.scheme(stored.scheme).activations == .dynamicPerToken
        case (.int8, _): true
        default: false
        }
    } catch {
      var error = error
      error.file = source.file
      throw error
    }
  }

  /// Whether the model has a parameter.
  func has(_ parameter: String) -> Bool { source.shape(of: parameter) != nil }

  /// A parameter that must exist with exactly these extents and be finite, in f32.
  func floats(_ parameter: String, _ shape: Shape) throws -> FloatTensor {
    try check(parameter, shape)
    return try finite(parameter)
  }

  /// int8 arithmetic takes a NaN for a zero, so that none may get as far as that.
  private func finite(_ parameter: String) throws -> FloatTensor {
    let values = try source.floats(parameter)
    if let place = Finiteness.firstFault(in: values.base, count: values.shape.count) {
      throw notFinite(parameter, "element \(place) is \(Finiteness.word(values.base[place]))")
    }
    return values
  }

  private func notFinite(_ parameter: String, _ message: String) -> VLMError {
    VLMError(
      .parameterNotFinite, message, file: source.file, tensor: parameter, remedy: "repair the checkpoint")
  }

  /// The `[outputs, inputs]` weight of a linear layer, for the arithmetic that it runs in.
  ///
  /// - Parameter outputScale: a factor for every output. int8 codes stay as they are and their scales take it.
  func weights(
    _ parameter: String, outputs: Int, inputs: Int, outputScale: FloatTensor? = nil, float32Only: Bool = false
  ) throws -> any LinearWeights {
    guard inputs < 1 << 17 else {
      throw VLMError(
        .configurationInvalid, "\(inputs) inputs are more than a product takes", tensor: parameter)
    }
    try check(parameter, [outputs, inputs])
    var weights = try made(parameter, outputs: outputs, inputs: inputs, outputScale: outputScale, float32Only: float32Only)
    if precision == .stored, let rounding = source.inputRounding(parameter) { weights = RoundedInputs.of(weights, rounding) }
    return source.used(weights, as: parameter)
  }

  private func made(
    _ parameter: String, outputs: Int, inputs: Int, outputScale: FloatTensor?, float32Only: Bool
  ) throws -> any LinearWeights {
    let mapped = mapsWeights && outputScale == nil ? try source.mapped(parameter) : nil
    if runsInInt8, !float32Only {
      if let mapped, mapped.format == .int8 { return mapped }
      if let stored = try source.int8(parameter) {
        return outputScale.map { stored.scalingOutputs(by: $0) } ?? stored
      }
      if precision == .int8, quantization?.kept.contains(parameter) != true {
        let made = try quantized(parameter, outputs: outputs, inputs: inputs)
        return outputScale.map { made.scalingOutputs(by: $0) } ?? made
      }
    }
    if let mapped, mapped.format == .float32 { return mapped }
    var weights = try finite(parameter)
    if let outputScale { weights = outputScale.scalingRows(of: weights) }
    return PackedWeights(weights.base, outputs: outputs, inputs: inputs)
  }

  /// Float weights to int8 by the same arithmetic as `vlmtool quantize`, from where they lie in the file if they can be.
  private func quantized(_ parameter: String, outputs: Int, inputs: Int) throws -> PackedWeights {
    if inputs > 0, let stored = try source.mapped(parameter), stored.format == .float32 {
      return try stored.withElements { elements, dtype in
        try quantized(elements.baseAddress!, of: dtype, parameter, outputs: outputs, inputs: inputs)
      }
    }
    let weights = try source.floats(parameter)
    return try quantized(weights.base, of: .f32, parameter, outputs: outputs, inputs: inputs)
  }

  private func quantized(
    _ weights: UnsafeRawPointer, of dtype: DType, _ parameter: String, outputs: Int, inputs: Int
  ) throws -> PackedWeights {
    let codec = Self.ownScheme.codec(for: WeightRows(columns: inputs, dtype: dtype))
    let scales = UnsafeMutablePointer<Float>.allocate(capacity: outputs)
    defer { scales.deallocate() }
    let codes = UnsafeMutablePointer<Int8>.allocate(capacity: outputs * inputs)
    defer { codes.deallocate() }
    try Parallel.forRanges(outputs) { (rows) throws(VLMError) in
      let first = rows.lowerBound
      let unfit = codec.quantize(
        rows.count, source: weights + first * codec.rows.rowByteCount, codes: codes + first * inputs,
        scales: scales + first, losses: nil, by: .active)
      if let unfit {
        throw notFinite(parameter, "output channel \(first + unfit) holds a NaN or an infinity")
      }
    }
    return PackedWeights(
      codes: codes, scales: Array(UnsafeBufferPointer(start: scales, count: outputs)), outputs: outputs,
      inputs: inputs)
  }

  private func check(_ parameter: String, _ shape: Shape) throws {
    guard let found = source.shape(of: parameter) else {
      throw VLMError(
        .parameterMissing, "the checkpoint has no such parameter", file: source.file, tensor: parameter)
    }
    guard found == shape else {
      throw VLMError(
        .parameterShape, "is \(found), the configuration asks for \(shape)", file: source.file,
        tensor: parameter,
        remedy: "config.json does not belong to these weights")
    }
  }
}
