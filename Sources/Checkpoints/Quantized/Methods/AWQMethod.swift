internal import Files
internal import Tensors

/// What AutoAWQ writes (`version: gemm`): int4 with zero points, everything transposed.
///
/// | a layer has | |
/// |---|---|
/// | `qweight` I32 `[in, out / 8]` | along a row 0, 2, 4, 6, 1, 3, 5, 7 of eight in a word |
/// | `qzeros` I32 `[in / group, out / 8]` | in the same order |
/// | `scales` F16 `[in / group, out]` | `w = (code - zero) scale`, rounded to their dtype |
struct AWQMethod: QuantizationMethod {
  static let id = "awq"

  /// `nil`: one group for all inputs.
  private let groupSize: Int?

  init(_ settings: QuantizationSettings) throws(VLMError) {
    try settings.requireKnown(
      ["bits", "w_bit", "group_size", "q_group_size", "version", "format"],
      meaningless: [
        "quant_method", "zero_point", "modules_to_not_convert", "backend", "do_fuse", "fuse_max_seq_len",
        "modules_to_fuse", "exllama_config",
        "meta", "lm_head", "sym", "desc_act", "pack_dtype",
      ])
    let bits = try settings.count(settings.members["bits"] == nil ? "w_bit" : "bits") ?? 4
    guard bits == 4 else { throw settings.unsupported("\(settings.path).bits is \(bits); AWQ is read of 4") }
    let version = try settings.word("version", "format") ?? "gemm"
    guard version == "gemm" else {
      throw settings.unsupported("\(settings.path).version is \(version.prefix(60)); read is gemm")
    }
    groupSize = try settings.groupSize("group_size", "q_group_size")
  }

  let parts = ["qweight", "qzeros", "scales"]
  let bareParts: Set<String> = []

  func weight(of module: QuantizedModule) throws(VLMError) -> QuantizedWeight? {
    guard let codes = module["qweight"] else { throw module.malformed("has no qweight") }
    let (zeros, scales) = (
      try module.part("qzeros", beside: "qweight"), try module.part("scales", beside: "qweight")
    )
    let words = codes.shape.dimensions
    guard codes.dtype == .i32, words.count == 2, words[0] > 0 else {
      throw module.malformed("is \(codes.dtype.rawValue) \(codes.shape), no packed matrix", "qweight")
    }
    let (inputs, outputs) = (words[0], words[1] * 8)
    let group = groupSize ?? inputs
    guard inputs % group == 0 else {
      throw module.malformed("has \(inputs) inputs, which groups of \(group) do not divide", "qweight")
    }
    try module.require("qzeros", [.i32], [[inputs / group, words[1]]])
    try module.require("scales", [.f16, .bf16, .f32], [[inputs / group, outputs]])
    let integers = PackedIntegers(bits: 4, wordStride: 1, otherStride: words[1], isInterleaved: true)
    let matrix = ScaledMatrix(
      columns: inputs,
      codes: .init(tensor: codes.name, coding: .packed(integers, packsRows: true, offset: 0)),
      granularity: .group(group),
      scales: .init(tensor: scales.name, coding: .plain(scales.dtype, rowStride: 1, columnStride: outputs)),
      zeros: .init(tensor: zeros.name, coding: .packed(integers, packsRows: true, offset: 0)),
      precision: scales.dtype, kind: "int4")
    return QuantizedWeight(stored: matrix, shape: [outputs, inputs], dtype: scales.dtype)
  }
}
