internal import Checkpoints
internal import Files
internal import Tensors

/// A folder's tokenizer as llama.cpp is told of it: byte-level BPE with a cut into words that it knows.
struct GGUFTokenizer {
  private(set) var metadata: GGUFWriter.Metadata

  /// Types of tokens in `tokenizer.ggml.token_type`.
  private enum Kind: Int64 { case normal = 1, control = 3, ownText = 4, unused = 5 }

  /// The name for the steps of a `tokenizer.json`; `nil` for a cut that llama.cpp does not know.
  private static func words(_ steps: [JSONValue]) -> String? {
    guard let last = steps.last, last["type"] == .string("ByteLevel") else { return nil }
    if steps.count == 2, steps[0]["type"] == .string("Digits") {
      let isGPT2 = last["use_regex"]?.boolValue != false && last["add_prefix_space"]?.boolValue != true
      return isGPT2 && steps[0]["individual_digits"] == .bool(true) ? GGUFWordCut.all.first { $0.pattern == nil }?.name : nil
    }
    let found = steps.compactMap { $0.at("pattern.Regex")?.stringValue }
    return found.count == 1 ? GGUFWordCut.all.first { $0.pattern == found[0] }?.name : nil
  }

  /// - Parameter rows: of the token embedding; tokens that the tokenizer does not have fill it up.
  /// - Throws: `mapping.conversion.gguf` for a tokenizer that llama.cpp would cut texts for in another way.
  init(_ source: MappedCheckpoint, rows: Int) throws(VLMError) {
    func file(_ name: String) throws(VLMError) -> (path: String, value: JSONValue)? {
      guard let path = source.folder.source(of: name), let data = try source.folder.contents(of: name, byteLimit: 512 << 20)
      else { return nil }
      return (path, try JSONValue(parsing: data, file: path, code: .conversionGGUF))
    }
    guard let (path, tokenizer) = try file("tokenizer.json") else {
      metadata = [("tokenizer.ggml.model", .text("none"))]
      return
    }
    func refuse(_ message: String) -> VLMError {
      VLMError(
        .conversionGGUF, message, file: path,
        remedy: "take tokenizer.json out of the folder to write the model without a tokenizer")
    }
    guard tokenizer.at("model.type")?.stringValue == "BPE",
      tokenizer.at("model.byte_fallback")?.boolValue != true
    else {
      throw refuse(
        "llama.cpp is told of byte-level BPE only, not of \(tokenizer.at("model.type")?.summary ?? "nothing")"
      )
    }
    let steps =
      tokenizer.at("pre_tokenizer.pretokenizers")?.arrayValue
      ?? [tokenizer["pre_tokenizer"]].compactMap(\.self)
    guard let words = Self.words(steps) else {
      throw refuse("llama.cpp has no name for the way in which it cuts a text into words")
    }
    let added = tokenizer["added_tokens"]?.arrayValue ?? []
    var tokens = (0..<rows).map { (text: "[PAD\($0)]", kind: Kind.unused) }
    func put(_ text: String, at place: Int, _ kind: Kind) throws(VLMError) {
      guard tokens.indices.contains(place) else {
        throw refuse("token \(place) has no row among the \(rows) of the embedding")
      }
      tokens[place] = (text, kind)
    }
    for (text, place) in tokenizer.at("model.vocab")?.objectValue ?? [:] {
      try put(text, at: place.intValue ?? -1, .normal)
    }
    for token in added {
      let text = token["content"]?.stringValue ?? ""
      let isControl = token["special"]?.boolValue == true || Self.looksSpecial(text)
      try put(text, at: token["id"]?.intValue ?? -1, isControl ? .control : .ownText)
    }
    let merges = (tokenizer.at("model.merges")?.arrayValue ?? []).compactMap { merge in
      merge.stringValue
        // A space within a token stands there as the byte that it is.
        ?? merge.arrayValue?.compactMap(\.stringValue).map { $0.replacing(" ", with: "Ġ") }.joined(
          separator: " ")
    }
    metadata = [
      ("tokenizer.ggml.model", .text("gpt2")), ("tokenizer.ggml.pre", .text(words)),
      ("tokenizer.ggml.tokens", .array(count: rows, first: tokens.map { .text($0.text) })),
      ("tokenizer.ggml.token_type", .array(count: rows, first: tokens.map { .signed($0.kind.rawValue) })),
      ("tokenizer.ggml.merges", .array(count: merges.count, first: merges.map(GGUFValue.text))),
    ]
    if merges.isEmpty { metadata.removeLast() }
    let settings = try file("tokenizer_config.json")?.value ?? .object([:])
    for kind in ["bos", "eos", "unk", "sep", "pad", "cls", "mask"] {
      if let place = Self.place(kind, settings, added, source.source), place < rows {
        metadata.append(("tokenizer.ggml.\(Self.names[kind] ?? kind)_token_id", .unsigned(UInt64(place))))
      }
    }
    // What a post-processor of bytes adds: nothing.
    let after =
      tokenizer.at("post_processor.processors")?.arrayValue
      ?? [tokenizer["post_processor"]].compactMap(\.self)
    for kind in ["bos", "eos"] {
      let adds =
        after.contains { $0["type"] == .string("ByteLevel") }
        ? false : settings["add_\(kind)_token"]?.boolValue
      if let adds { metadata.append(("tokenizer.ggml.add_\(kind)_token", .boolean(adds))) }
    }
    if let template = try Self.template(source.folder, settings) {
      metadata.append(("tokenizer.chat_template", .text(template)))
    }
  }

  /// ggml's words where they are others.
  private static let names = ["unk": "unknown", "sep": "seperator", "pad": "padding"]

  /// Tokens that some models forget to call special.
  private static func looksSpecial(_ text: String) -> Bool {
    ["<pad>", "<mask>", "<2mass>", "[@BOS@]"].contains(text) || text.hasPrefix("<|") && text.hasSuffix("|>")
      || text.hasPrefix("<｜") && text.hasSuffix("｜>") || text.hasPrefix("<unused") && text.hasSuffix(">")
  }

  /// The number of a special token, by the tokenizer's settings, else by the model's.
  private static func place(_ kind: String, _ settings: JSONValue, _ added: [JSONValue], _ config: JSONValue)
    -> Int?
  {
    if let text = settings["\(kind)_token"]?.stringValue ?? settings.at("\(kind)_token.content")?.stringValue,
      let token = added.first(where: { $0["content"]?.stringValue == text })
    {
      return token["id"]?.intValue
    }
    let number = config["\(kind)_token_id"] ?? config.at("text_config.\(kind)_token_id")
    return number?.intValue.flatMap { $0 >= 0 ? $0 : nil }
  }

  private static func template(_ folder: ModelFolder, _ settings: JSONValue) throws(VLMError) -> String? {
    if let text = settings["chat_template"]?.stringValue { return text }
    if let data = try folder.contents(of: "chat_template.jinja"), let text = String(validating: data, as: UTF8.self) { return text }
    let name = "chat_template.json"
    guard let file = folder.source(of: name), let data = try folder.contents(of: name) else { return nil }
    return try JSONValue(parsing: data, file: file, code: .conversionGGUF)["chat_template"]?.stringValue
  }
}
