internal import Files
internal import Tensors

/// FP8 as DeepSeek and Qwen publish it and transformers writes it: `weight` F8_E4M3 and one scale a block, or one a tensor.
///
/// | a layer has | |
/// |---|---|
/// | `weight` F8_E4M3 `[out, in]` | |
/// | `weight_scale_inv` (of blocks, or `[]`), or `weight_scale` (`[]`, `[1]`, `[out, 1]`) | F32, BF16, F16, or powers of two in F8_E8M0 or U8 |
///
/// It multiplies, whatever its name says. The product is made in f32.
struct FP8Method: QuantizationMethod {
  static let id = "fp8"

  private let block: (rows: Int, columns: Int)?

  init(_ settings: QuantizationSettings) throws(VLMError) {
    try settings.requireKnown(
      ["fmt", "weight_block_size", "expert_dtype", "scale_fmt"],
      meaningless: [
        "quant_method", "activation_scheme", "modules_to_not_convert", "modules_to_convert", "ignored_layers",
        "dequantize",
        "kv_cache_scheme", "use_optimized_inference",
      ])
    if let format = try settings.word("fmt"), !["e4m3", "float8_e4m3fn"].contains(format) {
      throw settings.unsupported("\(settings.path).fmt is \(format.prefix(60)); read is e4m3")
    }
    if let experts = try settings.word("expert_dtype"), experts != "fp8" {
      throw settings.unsupported("\(settings.path).expert_dtype is \(experts.prefix(60))")
    }
    if let scales = try settings.word("scale_fmt"), !["float", "ue8m0"].contains(scales) {
      throw settings.unsupported("\(settings.path).scale_fmt is \(scales.prefix(60))")
    }
    block = try settings.pair("weight_block_size").map { ($0, $1) }
  }

  let parts = [
    "weight", "weight_scale_inv", "weight_scale", "input_scale", "activation_scale", "k_scale", "v_scale",
  ]
  let bareParts: Set<String> = ["weight"]

  let dropped =
    ["input_scale", "activation_scale"].map { (part: $0, reason: "of activations") }
    + ["k_scale", "v_scale"].map { (part: $0, reason: "of attention and its cache") }

  func weight(of module: QuantizedModule) throws(VLMError) -> QuantizedWeight? {
    guard let name = ["weight_scale_inv", "weight_scale"].first(where: { module[$0] != nil }) else {
      return nil
    }
    if module["weight_scale_inv"] != nil, module["weight_scale"] != nil {
      throw module.malformed("has two scales", "weight_scale")
    }
    let (weight, scale) = (try module.part("weight", beside: name), module[name]!)
    try module.require("weight", [.f8E4M3], [weight.shape.dimensions])
    let shape = weight.shape.dimensions
    guard shape.count == 2, shape[1] > 0 else {
      throw module.malformed("is \(weight.shape), no matrix", "weight")
    }
    let granularity: ScaledMatrix.Granularity
    if scale.shape.count == 1 {
      granularity = .tensor
    } else if [[shape[0]], [shape[0], 1]].contains(scale.shape.dimensions), block == nil {
      granularity = .channel
    } else {
      guard let block else {
        throw module.malformed("is \(scale.shape), and weight_block_size says no blocks", name)
      }
      try module.require(
        name, [scale.dtype],
        [[(shape[0] + block.rows - 1) / block.rows, (shape[1] + block.columns - 1) / block.columns]])
      granularity = .block(rows: block.rows, columns: block.columns)
    }
    try module.require(name, [.f32, .bf16, .f16, .f8E8M0, .u8], [scale.shape.dimensions])
    let groups = granularity == .tensor ? 0 : scale.shape.rank == 1 ? 1 : scale.shape.dimensions[1]
    // Bytes are exponents.
    let dtype = scale.dtype == .u8 ? .f8E8M0 : scale.dtype
    let matrix = ScaledMatrix(
      columns: shape[1],
      codes: .init(tensor: weight.name, coding: .plain(.f8E4M3, rowStride: shape[1], columnStride: 1)),
      granularity: granularity,
      scales: .init(tensor: scale.name, coding: .plain(dtype, rowStride: groups, columnStride: 1)),
      zeros: nil,
      precision: .f32, kind: "fp8")
    return QuantizedWeight(stored: matrix, shape: shape, dtype: dtype == .f8E8M0 ? .bf16 : dtype)
  }
}
