internal import Files
internal import Foundation
internal import Tensors

/// What bitsandbytes writes: int8 with one scale a row, or 4 bits by a table.
///
/// | a layer has | |
/// |---|---|
/// | `weight` I8 `[out, in]`, `SCB` F32 `[out]`, `weight_format` U8, 0 | `w = code SCB / 127` |
/// | `weight` `[bytes, 1]`, any dtype | two codes a byte, the first in the high bits |
/// | `weight.absmax`, `weight.quant_map` F32 `[16]` | one scale a block, the values of the codes |
/// | `weight.nested_absmax`, `weight.nested_quant_map` F32 `[256]` | of scales that are U8 |
/// | `weight.quant_state.bitsandbytes__nf4` or `__fp4` | JSON: shape, dtype, sizes of blocks, the scales' offset |
struct BitsAndBytesMethod: QuantizationMethod {
  static let id = "bitsandbytes"

  init(_ settings: QuantizationSettings) throws(VLMError) {
    try settings.requireKnown(
      [],
      meaningless: [
        "quant_method", "load_in_8bit", "load_in_4bit", "_load_in_8bit", "_load_in_4bit",
        "llm_int8_threshold", "llm_int8_skip_modules",
        "llm_int8_enable_fp32_cpu_offload", "llm_int8_has_fp16_weight", "bnb_4bit_compute_dtype",
        "bnb_4bit_quant_type",
        "bnb_4bit_use_double_quant", "bnb_4bit_quant_storage",
      ])
  }

  private static let states = ["nf4", "fp4"].map {
    (kind: $0, part: "weight.quant_state.bitsandbytes__\($0)")
  }

  let parts =
    [
      "weight", "SCB", "weight_format", "weight.absmax", "weight.quant_map", "weight.nested_absmax",
      "weight.nested_quant_map",
    ]
    + states.map(\.part)
  let bareParts: Set<String> = ["weight"]
  let consumed = ["weight_format"] + states.map(\.part)

  func weight(of module: QuantizedModule) throws(VLMError) -> QuantizedWeight? {
    if module["SCB"] != nil || module["weight_format"] != nil { return try bytes(module) }
    guard let state = Self.states.first(where: { module[$0.part] != nil }) else {
      throw module.malformed("has no quant_state, or one of a kind that is not known")
    }
    return try blocks(module, state.kind, state.part)
  }

  private func bytes(_ module: QuantizedModule) throws(VLMError) -> QuantizedWeight {
    let (weight, scale) = (
      try module.part("weight", beside: "SCB"), try module.part("SCB", beside: "weight_format")
    )
    let shape = weight.shape.dimensions
    guard weight.dtype == .i8, shape.count == 2, shape[1] > 0 else {
      throw module.malformed("is \(weight.dtype.rawValue) \(weight.shape), no matrix of I8", "weight")
    }
    try module.require("SCB", [.f32], [[shape[0]]])
    let matrix = ScaledMatrix(
      columns: shape[1],
      codes: .init(tensor: weight.name, coding: .plain(.i8, rowStride: shape[1], columnStride: 1)),
      granularity: .channel,
      scales: .init(tensor: scale.name, coding: .plain(.f32, rowStride: 1, columnStride: 1)), zeros: nil,
      precision: .f32,
      // The library's own digits of 1 / 127.
      factor: 7.874015718698502e-3, kind: "int8")
    return QuantizedWeight(stored: matrix, shape: shape, dtype: .f32)
  }

  private func blocks(_ module: QuantizedModule, _ kind: String, _ part: String) throws(VLMError)
    -> QuantizedWeight
  {
    let state = try BitsAndBytesState(module, part)
    let codes = try module.part("weight", beside: part)
    let (absmax, book) = (
      try module.part("weight.absmax", beside: part), try module.part("weight.quant_map", beside: part)
    )
    let count = state.shape.reduce(1, *)
    guard codes.byteCount == (count + 1) / 2 else {
      throw module.malformed(
        "has \(codes.byteCount) bytes, and \(count) codes of 4 bits are to be in it", "weight")
    }
    try module.require("weight.quant_map", [.f32], [[16]])
    let blockCount = (count + state.blockSize - 1) / state.blockSize
    try module.require("weight.absmax", [state.nested == nil ? .f32 : .u8], [[blockCount]])
    var nested: CodebookBlocks.Nested?
    if let inner = state.nested {
      let (map, scales) = (
        try module.part("weight.nested_quant_map", beside: part),
        try module.part("weight.nested_absmax", beside: part)
      )
      try module.require("weight.nested_quant_map", [.f32], [[256]])
      try module.require(
        "weight.nested_absmax", [.f32], [[(blockCount + inner.blockSize - 1) / inner.blockSize]])
      nested = .init(book: map.name, absmax: scales.name, blockSize: inner.blockSize, offset: inner.offset)
    }
    let blocks = CodebookBlocks(
      kind: kind, codes: codes.name, book: book.name, absmax: absmax.name, blockSize: state.blockSize,
      nested: nested,
      // Rows of an odd length go another way there.
      precision: state.dtype, signsZero: kind == "fp4" && state.shape.last! % 2 == 0)
    return QuantizedWeight(stored: blocks, shape: state.shape, dtype: state.dtype)
  }
}

/// The JSON that bitsandbytes keeps in a tensor of bytes.
private struct BitsAndBytesState {
  let shape: [Int]
  let dtype: DType
  let blockSize: Int
  let nested: (blockSize: Int, offset: Float)?

  init(_ module: QuantizedModule, _ part: String) throws(VLMError) {
    let text = try module.text(part)
    let file = module.reader.file(of: module[part]!.name)
    let value = try JSONValue(parsing: text, file: file, code: .quantizedMalformed)
    let dtypes: [String: DType] = ["bfloat16": .bf16, "float16": .f16, "float32": .f32]
    guard let shape = value["shape"]?.arrayValue?.compactMap(\.intValue),
      shape.allSatisfy({ (1...1 << 40).contains($0) }),
      !shape.isEmpty, shape.count <= 8, Shape(validating: shape) != nil,
      let dtype = value["dtype"]?.stringValue.flatMap({ dtypes[$0] }),
      let blockSize = value["blocksize"]?.intValue, (1...1 << 20).contains(blockSize)
    else { throw module.malformed("has no shape, dtype and blocksize that can be read", part) }
    (self.shape, self.dtype, self.blockSize) = (shape, dtype, blockSize)
    guard module["weight.nested_absmax"] != nil || value["nested_blocksize"] != nil else {
      nested = nil
      return
    }
    guard let inner = value["nested_blocksize"]?.intValue, (1...1 << 20).contains(inner),
      let offset = value["nested_offset"]?.doubleValue,
      value["nested_dtype"]?.stringValue == "float32"
    else {
      throw module.malformed("has no nested_blocksize, nested_offset and nested_dtype that can be read", part)
    }
    nested = (inner, Float(offset))
  }
}
