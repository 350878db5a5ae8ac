public import Foundation

/// A small Qwen2-VL with JARVIS-VLA's tokens where they belong: a vocabulary of 151,657 words, and 251 behind it.
///
/// Made here and not kept: its tables are large and hold nothing. Rows of ordinary tokens repeat; those of reserved tokens are
/// normal; those of action tokens that training writes are twice as long.
public struct JarvisCheckpoint {
  public static let rows = 152_064
  public static let first = 151_657

  public var made: CheckpointCase
  /// Row of a token, changed in place.
  public var table: [[Float]]
  public var tokens: [(id: Int, content: String)]
  public var template = try! String(contentsOf: Fixture.url("templates/qwen2_vl.jinja"), encoding: .utf8)
  public var generation: [String: Any]? = ["eos_token_id": [151_645, 151_643], "do_sample": true]

  private static let embedding = "model.embed_tokens.weight"

  public init() throws {
    made = try CheckpointCase("families/qwen2_vl/transformers-4")
    let width = made.tensors[Self.embedding]!.shape[1]
    var generator = Xorshift(state: 7)
    func row(_ scale: Float) -> [Float] { (0..<width).map { _ in generator.normal() * scale } }
    let ordinary = (0..<64).map { _ in row(0.05) }
    table = (0..<Self.rows).map { ordinary[$0 % 64] }
    for id in Self.first..<Self.first + 251 { table[id] = row(0.02) }
    for id in Self.written { table[id] = row(0.04) }
    tokens =
      [
        "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>",
        "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>",
        "<|image_pad|>", "<|video_pad|>",
      ].enumerated().map { (151_643 + $0, $1) }
    let named =
      ["point_start", "point_end"] + (0...9).map { "visual_\($0)" }
      + ["think", "/think", "grounding", "/grounding", "motion", "/motion"]
    tokens += (0..<251).map { (Self.first + $0, $0 < 18 ? "<|\(named[$0])|>" : "<|reserved_special_token_\($0)|>") }
  }

  /// Ids of the tokens that the authors' encoder writes.
  public static let written: [Int] =
    [178, 179].map { first + $0 }
    + [181...189, 191...192, 194...195, 197...198, 200...200, 202...202, 204...204, 206...206, 209...250].flatMap { range in
      range.map { first + $0 }
    }

  /// Lends the folder, by a name that the public agent knows.
  public static func with<R>(_ change: (inout JarvisCheckpoint) throws -> Void = { _ in }, named name: String = "jarvis-qwen2-vl", _ body: (URL) throws -> R)
    throws -> R
  {
    try Fixture.withTemporaryDirectory { directory in
      var checkpoint = try JarvisCheckpoint()
      try change(&checkpoint)
      let folder = directory.appending(path: name)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try checkpoint.write(to: folder)
      return try body(folder)
    }
  }

  private func write(to folder: URL) throws {
    var made = made
    var data = Data(capacity: table.count * table[0].count * 2)
    for row in table {
      for value in row { withUnsafeBytes(of: UInt16(value.bitPattern >> 16).littleEndian) { data.append(contentsOf: $0) } }
    }
    let tensor = CheckpointCase.Tensor(dtype: "BF16", shape: [table.count, table[0].count], data: data)
    made.tensors[Self.embedding] = tensor
    if made.tensors["lm_head.weight"] != nil { made.tensors["lm_head.weight"] = tensor }
    made.config["vocab_size"] = table.count
    if var text = made.config["text_config"] as? [String: Any] {
      text["vocab_size"] = table.count
      made.config["text_config"] = text
    }
    made.files["chat_template.jinja"] = Data(template.utf8)
    made.files["tokenizer.json"] = try tokenizer()
    made.files["tokenizer_config.json"] = Data(#"{"eos_token": "<|im_end|>"}"#.utf8)
    made.files["generation_config.json"] = try generation.map { try JSONSerialization.data(withJSONObject: $0) }
    try made.write(to: folder)
  }

  /// Words that are their ids, then the added tokens.
  private func tokenizer() throws -> Data {
    let words = (0..<151_643).map { #""w\#($0)":\#($0)"# }.joined(separator: ",")
    let added = tokens.map { token in
      #"{"id":\#(token.id),"content":"\#(token.content)","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}"#
    }.joined(separator: ",")
    return Data(
      (#"{"version":"1.0","truncation":null,"padding":null,"added_tokens":[\#(added)],"normalizer":null,"#
        + #""pre_tokenizer":{"type":"Whitespace"},"post_processor":null,"decoder":null,"#
        + #""model":{"type":"WordLevel","vocab":{\#(words)},"unk_token":"w0"}}"#).utf8)
  }
}

/// xorshift, and normal numbers by the sum of twelve uniform ones.
private struct Xorshift {
  var state: UInt64

  mutating func uniform() -> Float {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Float(state >> 40) / Float(1 << 24)
  }

  mutating func normal() -> Float { (0..<12).reduce(Float(-6)) { sum, _ in sum + uniform() } }
}
