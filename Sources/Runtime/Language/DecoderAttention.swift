internal import Mapping
internal import Tensors

/// Attention of a decoder block: grouped queries over the cached keys and values, rotary or not.
struct DecoderAttention: Sendable {
  let heads: Int
  let keyHeads: Int
  let headWidth: Int
  /// `[heads * headWidth, width]`
  let query: Linear
  /// `[keyHeads * headWidth, width]`
  let key: Linear
  let value: Linear
  /// What heads mixed is multiplied by the sigmoid of this (Qwen3.5), `[heads * headWidth, width]`.
  let gate: Linear?
  /// Over each head (Qwen3).
  let queryNorm: Norm?
  let keyNorm: Norm?
  /// Over all mixed heads (Kosmos-2).
  let innerNorm: Norm?
  /// `[width, heads * headWidth]`
  let output: Linear
  let scale: Float
  let softCap: Float?

  init(_ name: String, _ language: LanguageConfiguration, from loader: ModelLoader) throws {
    (heads, keyHeads, headWidth) = (language.heads, language.keyValueHeads, language.headWidth)
    guard heads % keyHeads == 0 else {
      throw VLMError(
        .configurationInvalid, "\(heads) query heads do not divide among \(keyHeads) key heads",
        remedy: "config.json is incomplete")
    }
    let (width, queries, keys) = (language.width, heads * headWidth, keyHeads * headWidth)
    func norm(_ part: String, _ width: Int) throws -> Norm {
      try Norm(
        "\(name).\(part)", kind: language.norm, width: width, epsilon: language.normEpsilon,
        unitOffset: language.unitOffsetNorm ?? false, from: loader)
    }
    query = try Linear("\(name).query", inputs: width, outputs: queries, from: loader)
    key = try Linear("\(name).key", inputs: width, outputs: keys, from: loader)
    value = try Linear("\(name).value", inputs: width, outputs: keys, from: loader)
    gate = language.gatedAttention == true ? try Linear("\(name).gate", inputs: width, outputs: queries, from: loader) : nil
    let normsHeads = language.queryKeyNorm ?? false
    queryNorm = normsHeads ? try norm("query_norm", headWidth) : nil
    keyNorm = normsHeads ? try norm("key_norm", headWidth) : nil
    innerNorm = language.innerNorms == true ? try norm("norm", queries) : nil
    output = try Linear("\(name).output", inputs: queries, outputs: width, from: loader)
    scale = 1 / Float(language.queryScale ?? Double(headWidth)).squareRoot()
    softCap = language.attentionSoftCap.map(Float.init)
  }

  var width: Int { heads * headWidth }

  /// Writes `attention(norm(x)) + residual` to `y`, and the new keys and values to the cache.
  ///
  /// - Parameters:
  ///   - x, residual, y: `[rows, width of the model]`
  ///   - block: whose part of the cache is meant.
  ///   - visible: rows of the cache that each token sees.
  ///   - queries, mixed: scratch, `[rows, heads * headWidth]`
  func callAsFunction(
    _ norm: Norm, _ x: UnsafePointer<Float>, rows: Int, cache: KeyValueCache, block: Int,
    rotary: RotaryTable?, visible: [Range<Int>], tokens: PackedTokens, queries: UnsafeMutablePointer<Float>,
    mixed: UnsafeMutablePointer<Float>, residual: UnsafePointer<Float>?, into y: UnsafeMutablePointer<Float>
  ) {
    let keys = cache.keys(block) + cache.count * cache.width
    let values = cache.values(block) + cache.count * cache.width
    var packed: ProductFormat?
    for (layer, target) in [(query, queries), (key, keys), (value, values)] {
      if packed != layer.format { norm.pack(x, rows: rows, into: tokens, as: layer.format) }
      packed = layer.format
      layer(tokens, into: target)
    }
    queryNorm?.inPlace(queries, rows: rows * heads)
    keyNorm?.inPlace(keys, rows: rows * keyHeads)
    rotary?.rotate(queries, rows: rows, stride: width, heads: heads, headWidth: headWidth)
    rotary?.rotate(keys, rows: rows, stride: cache.width, heads: keyHeads, headWidth: headWidth)
    Kernels.active.attention(
      query: .init(queries, stride: width), key: .init(cache.keys(block), stride: cache.width),
      value: .init(cache.values(block), stride: cache.width), heads: heads, keyHeads: keyHeads,
      width: headWidth, segments: [0, rows], keySegments: [0, cache.count + rows], visible: visible,
      scale: scale, softCap: softCap, into: mixed, outStride: width)
    if let gate {
      norm.pack(x, rows: rows, into: tokens, as: gate.format)
      gate(tokens, activation: .sigmoid, factor: mixed, into: mixed)
    }
    if let innerNorm {
      innerNorm.pack(mixed, rows: rows, into: tokens, as: output.format)
    } else {
      tokens.pack(mixed, rows: rows, width: width, as: output.format)
    }
    output(tokens, residual: residual, into: y)
  }
}
