internal import Files
internal import Tensors

/// What mlx-lm, mlx-vlm and `vlmtool quantize --format mlx` write in `mode: "affine"`: unsigned codes with a scale and a bias a group.
///
/// | a layer has | |
/// |---|---|
/// | `weight` U32 `[…, out, in bits / 32]` of 2, 3, 4, 5, 6 or 8 bits | rows packed, the first code in the lowest bits |
/// | `scales`, `biases` `[…, out, in / group]` | `w = code scale + bias`, product and sum rounded to their dtype, which is the weight's |
///
/// The settings are `quantization` of `config.json`: for all layers, and under a layer's name its own, or `false`.
struct MLXMethod: QuantizationMethod {
  static let id = "mlx"

  private let whole: Coding
  /// By layer; `nil` where it is kept in floats.
  private let own: [String: Coding?]

  /// Sizes of codes and groups.
  private struct Coding {
    let bits: Int
    let groupSize: Int

    /// - Parameter outer: what holds where a setting is silent.
    init(_ settings: QuantizationSettings, within outer: Coding?) throws(VLMError) {
      let mode = try settings.word("mode") ?? "affine"
      guard mode == "affine" else {
        throw settings.unsupported("\(settings.path).mode is \(mode.prefix(60)); MLX's is read in mode affine")
      }
      bits = try settings.count("bits") ?? outer?.bits ?? 4
      guard [2, 3, 4, 5, 6, 8].contains(bits) else {
        throw settings.malformed("\(settings.path).bits is \(bits), which MLX does not have")
      }
      groupSize = try settings.count("group_size") ?? outer?.groupSize ?? 64
      guard groupSize % 32 == 0 else {
        throw settings.malformed("\(settings.path).group_size is \(groupSize), and MLX's are multiples of 32")
      }
    }
  }

  private static let sizes: Set<String> = ["bits", "group_size", "mode"]

  init(_ settings: QuantizationSettings) throws(VLMError) {
    let layers = settings.members.filter { $0.value.objectValue != nil || $0.value.boolValue != nil }
    try settings.requireKnown(Self.sizes.union(layers.keys), meaningless: ["quant_method"])
    whole = try Coding(settings, within: nil)
    var own: [String: Coding?] = [:]
    for (layer, value) in layers where value != .bool(true) {
      if let settings = try value.boolValue == nil ? settings.object(layer) : nil {
        try settings.requireKnown(Self.sizes, meaningless: [])
        own[layer] = try Coding(settings, within: whole)
      } else {
        own[layer] = .some(nil)
      }
    }
    self.own = own
  }

  let parts = ["weight", "scales", "biases"]
  let bareParts: Set<String> = ["weight"]
  let hasOwnDType = true

  /// Its own settings may leave `language_model.` out of its name.
  private func coding(of layer: String) -> Coding? {
    let prefix = "language_model."
    let short = layer.hasPrefix(prefix) ? String(layer.dropFirst(prefix.count)) : layer
    return own[layer] ?? own[short] ?? whole
  }

  func weight(of module: QuantizedModule) throws(VLMError) -> QuantizedWeight? {
    guard let scales = module["scales"] else { throw module.malformed("has biases, and no scales") }
    let (codes, biases) = (
      try module.part("weight", beside: "scales"), try module.part("biases", beside: "scales")
    )
    guard let coding = coding(of: module.name) else {
      throw module.malformed("has scales, and the settings say that it is in floats")
    }
    let (words, groups) = (codes.shape.dimensions, scales.shape.dimensions)
    guard codes.dtype == .u32, words.count >= 2, let perRow = words.last, let groupCount = groups.last, groupCount > 0 else {
      throw module.malformed("is \(codes.dtype.rawValue) \(codes.shape), no packed matrix", "weight")
    }
    let (rows, columns) = (Array(words.dropLast()), perRow * 32 / coding.bits)
    try module.require("scales", [.f16, .bf16, .f32], [rows + [columns / coding.groupSize]])
    try module.require("biases", [scales.dtype], [groups])
    guard groupCount * coding.groupSize * coding.bits == perRow * 32 else {
      throw module.malformed(
        "is \(codes.shape), no whole groups of \(coding.groupSize) codes of \(coding.bits) bits", "weight")
    }
    func numbers(_ tensor: TensorDescriptor) -> ScaledMatrix.Numbers {
      .init(tensor: tensor.name, coding: .plain(tensor.dtype, rowStride: groupCount, columnStride: 1))
    }
    let integers = PackedIntegers(bits: coding.bits, wordStride: 1, otherStride: perRow)
    let matrix = ScaledMatrix(
      columns: columns,
      codes: .init(tensor: codes.name, coding: .packed(integers, packsRows: false, offset: 0)),
      granularity: .group(coding.groupSize), scales: numbers(scales), zeros: nil, biases: numbers(biases),
      precision: scales.dtype, kind: "int\(coding.bits)")
    return QuantizedWeight(stored: matrix, shape: rows + [columns], dtype: scales.dtype)
  }
}
