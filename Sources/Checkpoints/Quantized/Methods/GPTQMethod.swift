internal import Files
internal import Tensors

/// What AutoGPTQ and GPTQModel write: 2, 4 or 8 bits with zero points, everything transposed.
///
/// | a layer has | |
/// |---|---|
/// | `qweight` I32 `[in bits / 32, out]` | columns packed |
/// | `qzeros` I32 `[groups, out bits / 32]` | rows packed; of old one less than it is |
/// | `scales` F16 `[groups, out]` | `w = (code - zero) scale`, rounded to their dtype |
/// | `g_idx` I32 `[in]` | the group of each input |
struct GPTQMethod: QuantizationMethod {
  static let id = "gptq"

  private let bits: Int
  /// `nil`: one group for all inputs.
  private let groupSize: Int?
  /// Whether zero points are stored one less, as before `gptq_v2`.
  private let isOld: Bool

  init(_ settings: QuantizationSettings) throws(VLMError) {
    try settings.requireKnown(
      [
        "bits", "group_size", "checkpoint_format", "format", "is_marlin_format", "pack_dtype", "quant_method",
      ],
      meaningless: [
        "desc_act", "sym", "static_groups", "true_sequential", "damp_percent", "damp_auto_increment",
        "lm_head", "meta", "model_name_or_path",
        "model_file_base_name", "tokenizer", "dataset", "act_group_aware", "backend", "model_seqlen",
        "block_name_to_quantize",
        "module_name_preceding_first_block", "batch_size", "pad_token_id", "max_input_length",
        "cache_block_outputs", "use_exllama",
        "exllama_config", "use_cuda_fp16", "disable_exllama", "modules_in_block_to_quantize",
        "modules_to_not_convert", "mse", "hyb_act",
        "quantizer", "uint8_zeros", "v2", "dynamic", "static_groups", "nsamples",
      ])
    bits = try settings.count("bits") ?? 4
    guard [2, 4, 8].contains(bits) else {
      throw settings.unsupported("\(settings.path).bits is \(bits); GPTQ is read of 2, 4 and 8")
    }
    let format = try settings.word("checkpoint_format", "format") ?? "gptq"
    guard ["gptq", "gptq_v2"].contains(format), settings.members["is_marlin_format"]?.boolValue != true else {
      throw settings.unsupported(
        "the weights are in the order of \(format == "gptq" ? "marlin" : "\(format.prefix(60))")")
    }
    if let words = try settings.word("pack_dtype"), words != "int32" {
      throw settings.unsupported("\(settings.path).pack_dtype is \(words.prefix(60))")
    }
    isOld = format == "gptq"
    groupSize = try settings.groupSize("group_size")
  }

  let parts = ["qweight", "qzeros", "scales", "g_idx"]
  let bareParts: Set<String> = []

  func weight(of module: QuantizedModule) throws(VLMError) -> QuantizedWeight? {
    guard let codes = module["qweight"] else { throw module.malformed("has no qweight") }
    let (zeros, scales) = (
      try module.part("qzeros", beside: "qweight"), try module.part("scales", beside: "qweight")
    )
    let words = codes.shape.dimensions
    guard codes.dtype == .i32, words.count == 2, words[0] > 0, words[1] > 0 else {
      throw module.malformed("is \(codes.dtype.rawValue) \(codes.shape), no packed matrix", "qweight")
    }
    let (inputs, outputs) = (words[0] * (32 / bits), words[1])
    let group = groupSize ?? inputs
    let groups = (inputs + group - 1) / group
    try module.require("qzeros", [.i32], [[groups, PackedIntegers.words(outputs, bits: bits)]])
    try module.require("scales", [.f16, .bf16, .f32], [[groups, outputs]])
    if module["g_idx"] != nil { try module.require("g_idx", [.i32], [[inputs]]) }
    // One for each zero point of a word; what goes over the end of one is carried into the next, as there.
    let increment: UInt32 = isOld ? [2: 0x5555_5555, 4: 0x1111_1111, 8: 0x0101_0101][bits]! : 0
    let matrix = ScaledMatrix(
      columns: inputs,
      codes: .init(
        tensor: codes.name,
        coding: .packed(
          PackedIntegers(bits: bits, wordStride: outputs, otherStride: 1), packsRows: false, offset: 0)),
      granularity: .group(group),
      scales: .init(tensor: scales.name, coding: .plain(scales.dtype, rowStride: 1, columnStride: outputs)),
      zeros: .init(
        tensor: zeros.name,
        coding: .packed(
          PackedIntegers(bits: bits, wordStride: 1, otherStride: zeros.shape.dimensions[1]), packsRows: true,
          offset: 0,
          increment: increment)),
      groupOfColumn: module["g_idx"]?.name, precision: scales.dtype, kind: "int\(bits)")
    return QuantizedWeight(stored: matrix, shape: [outputs, inputs], dtype: scales.dtype)
  }
}
