internal import Files
internal import Foundation
internal import Tensors

/// The tokenizer in a GGUF file's metadata, as the `tokenizer.json` that it stands for.
///
/// Read are byte-level BPE in the cuts of `GGUFWordCut`, and the SentencePiece vocabulary of Gemma, whose merges follow from the order of
/// its tokens. Left out of the metadata, and so of what is made: whether an added token takes blanks beside it.
struct GGUFVocabulary {
  private enum Model { case byteLevel(GGUFWordCut), gemma }
  private enum Kind: Int { case normal = 1, unknown, control, ownText, unused, byte }

  private static let prefix = "tokenizer.ggml."
  private static let gemma: Set = ["gemma", "gemma2", "gemma3"]
  /// Texts after which llama.cpp stops whatever the metadata say (`llama_vocab::impl::load`), where they are tokens of their own.
  private static let ends: Set = [
    "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "</s>", "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]",
    "<|end_of_text|>", "<end_of_utterance>", "<eos>",
  ]

  /// What llama.cpp takes in a SentencePiece vocabulary where nothing is named.
  private static let standards = ["unknown": 0, "bos": 1, "eos": 2]

  private let file: GGUFFile
  private let model: Model

  /// `nil` when there is none, or one that is not read: `unread` says it.
  init?(_ file: GGUFFile) {
    self.file = file
    switch (Self.text(file, "model"), Self.text(file, "pre"), file.architecture) {
    case ("gpt2", let words?, _):
      guard let cut = GGUFWordCut.named(words) else { return nil }
      model = .byteLevel(cut)
    case ("llama", _, let architecture?) where Self.gemma.contains(architecture): model = .gemma
    default: return nil
    }
  }

  /// Of what kind a tokenizer is that is there and not read.
  static func unread(_ file: GGUFFile) -> String? {
    guard GGUFVocabulary(file) == nil, let model = text(file, "model"), model != "none" else { return nil }
    return text(file, "pre").map { "\(model), cut as \($0)" } ?? model
  }

  private static func text(_ file: GGUFFile, _ key: String) -> String? {
    if case .text(let text)? = file.header.value(prefix + key) { text } else { nil }
  }

  private func malformed(_ message: String) -> VLMError {
    VLMError(
      .ggufTokenizer, message, file: file.path, remedy: "put the model's own tokenizer.json beside the file, which then counts")
  }

  // MARK: What the metadata hold

  private func texts(_ key: String) throws(VLMError) -> [String]? {
    guard let value = try file.whole(Self.prefix + key) else { return nil }
    guard case .array(_, let elements) = value else { throw malformed("\(Self.prefix)\(key) is no list") }
    return try elements.map { (element) throws(VLMError) in
      guard case .text(let text) = element else { throw malformed("\(Self.prefix)\(key) holds what is no text: \(element)") }
      return text
    }
  }

  private struct Token { var text: String; let kind: Kind }

  /// By id; of `[PAD7]`, which only fills up the embedding, nothing is left.
  private func tokens() throws(VLMError) -> [Token?] {
    guard let texts = try texts("tokens") else { throw malformed("there is no tokenizer.ggml.tokens") }
    var kinds = [Kind](repeating: .normal, count: texts.count)
    if let value = try file.whole(Self.prefix + "token_type") {
      guard case .array(texts.count, let elements) = value else {
        throw malformed("tokenizer.ggml.token_type is no list of \(texts.count) numbers, as there are tokens")
      }
      for (place, element) in elements.enumerated() {
        guard let kind = element.json.intValue.flatMap(Kind.init) else { throw malformed("token \(place) is of the unknown type \(element)") }
        kinds[place] = kind
      }
    }
    return zip(texts, kinds).enumerated().map { id, token in
      if token.1 == .unused, token.0 == "[PAD\(id)]" { return nil }
      // Blanks alone stand there as they are, where SentencePiece has signs for them.
      let isBlank = !token.0.isEmpty && token.0.allSatisfy { $0 == " " }
      return Token(text: isGemma && isBlank ? String(repeating: "▁", count: token.0.count) : token.0, kind: token.1)
    }
  }

  private var isGemma: Bool { if case .gemma = model { true } else { false } }

  /// The token that a number of the metadata names: `bos` of `tokenizer.ggml.bos_token_id`.
  private func special(_ key: String, _ tokens: [Token?]) throws(VLMError) -> (id: Int, text: String)? {
    let value = file.header.value("\(Self.prefix)\(key)_token_id")
    guard let id = value?.json.intValue ?? (isGemma ? Self.standards[key] : nil) else { return nil }
    guard tokens.indices.contains(id), let token = tokens[id] else {
      throw malformed("\(Self.prefix)\(key)_token_id is \(id), which is none of the \(tokens.count) tokens")
    }
    return (id, token.text)
  }

  /// Whether a text gets `bos` before or `eos` after it.
  private func adds(_ key: String) -> Bool {
    if case .boolean(let adds)? = file.header.value("\(Self.prefix)add_\(key)_token") { return adds }
    guard key == "bos" else { return false }
    return switch model {
    case .byteLevel(let cut): cut.isOfLlama3
    case .gemma: true
    }
  }

  // MARK: tokenizer.json

  /// The text of `tokenizer.json`.
  ///
  /// - Throws: `checkpoints.gguf.tokenizer` when the metadata do not go together.
  func tokenizer() throws(VLMError) -> Data {
    let tokens = try tokens()
    var text = #"{"version":"1.0","truncation":null,"padding":null,"added_tokens":["#
    var isFirst = true
    func separate() {
      if !isFirst { text += "," }
      isFirst = false
    }
    for (id, token) in tokens.enumerated() {
      guard let token, [.control, .ownText, .unknown].contains(token.kind) else { continue }
      separate()
      text += #"{"id":\#(id),"content":\#(token.text.jsonLiteral),"single_word":false,"lstrip":false,"rstrip":false,"#
      text += #""normalized":false,"special":\#(token.kind != .ownText)}"#
    }
    text += "]," + (try steps(tokens)) + #","model":{"type":"BPE","dropout":null,"continuing_subword_prefix":null,"#
    switch model {
    case .byteLevel(let cut):
      text += #""end_of_word_suffix":null,"unk_token":null,"fuse_unk":false,"byte_fallback":false,"ignore_merges":\#(cut.isOfLlama3),"#
    case .gemma:
      guard let unknown = try special("unknown", tokens)?.text else { throw malformed("no token is named as the unknown one") }
      text += #""end_of_word_suffix":null,"unk_token":\#(unknown.jsonLiteral),"fuse_unk":true,"byte_fallback":true,"ignore_merges":false,"#
    }
    text += #""vocab":{"#
    isFirst = true
    for (id, token) in tokens.enumerated() {
      guard let token else { continue }
      separate()
      text += "\(token.text.jsonLiteral):\(id)"
    }
    text += #"},"merges":["#
    isFirst = true
    for (left, right) in try merges(tokens) {
      separate()
      text += "[\(left.jsonLiteral),\(right.jsonLiteral)]"
    }
    return Data((text + "]}}").utf8)
  }

  /// What is done with a text before and after.
  private func steps(_ tokens: [Token?]) throws(VLMError) -> String {
    let bytes = #"{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":false,"use_regex":"#
    let (normalizer, cut, decoder, plain): (String, String, String, String)
    switch model {
    case .byteLevel(let words):
      normalizer = words.isNormalized ? #"{"type":"NFC"}"# : "null"
      let first =
        words.pattern.map { #"{"type":"Split","pattern":{"Regex":\#($0.jsonLiteral)},"behavior":"Isolated","invert":false}"# }
        ?? #"{"type":"Digits","individual_digits":true}"#
      cut = #"{"type":"Sequence","pretokenizers":[\#(first),\#(bytes)\#(words.pattern == nil)}]}"#
      (decoder, plain) = (bytes + "true}", bytes + "false}")
    case .gemma:
      normalizer = #"{"type":"Replace","pattern":{"String":" "},"content":"▁"}"#
      cut = #"{"type":"Split","pattern":{"String":" "},"behavior":"MergedWithPrevious","invert":false}"#
      decoder =
        #"{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"}]}"#
      plain = "null"
    }
    var (pieces, known) = ([#"{"Sequence":{"id":"A","type_id":0}}"#], [String]())
    for key in ["bos", "eos"] where adds(key) {
      guard let token = try special(key, tokens) else {
        throw malformed("tokenizer.ggml.add_\(key)_token holds, but no \(key)_token_id is named")
      }
      let name = token.text.jsonLiteral
      pieces.insert(#"{"SpecialToken":{"id":\#(name),"type_id":0}}"#, at: key == "bos" ? 0 : pieces.count)
      known.append(#"\#(name):{"id":\#(name),"ids":[\#(token.id)],"tokens":[\#(name)]}"#)
    }
    let single = pieces.joined(separator: ",")
    let template =
      #"{"type":"TemplateProcessing","single":[\#(single)],"pair":[\#(single),\#(single.replacing(#""A","type_id":0"#, with: #""B","type_id":1"#))],"#
      + #""special_tokens":{\#(Set(known).sorted().joined(separator: ","))}}"#
    return #""normalizer":\#(normalizer),"pre_tokenizer":\#(cut),"post_processor":\#(known.isEmpty ? plain : template),"decoder":\#(decoder)"#
  }

  /// The two parts of each merge, the first to be made first.
  private func merges(_ tokens: [Token?]) throws(VLMError) -> [(String, String)] {
    if let texts = try texts("merges") {
      return try texts.enumerated().map { (merge) throws(VLMError) in
        let parts = merge.element.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw malformed("merge \(merge.offset) is not of two tokens: \(merge.element.prefix(60))") }
        return (String(parts[0]), String(parts[1]))
      }
    }
    guard isGemma else { throw malformed("there is no tokenizer.ggml.merges") }
    // As transformers makes them again: a token earlier in the vocabulary is merged before a later one, and of its cuts into two tokens
    // that with the longer left part.
    let known = Set(tokens.lazy.compactMap { $0?.text })
    var merges: [(String, String)] = []
    for case let token? in tokens {
      let text = token.text
      for cut in text.unicodeScalars.indices.dropFirst().reversed() {
        let (left, right) = (String(text.unicodeScalars[..<cut]), String(text.unicodeScalars[cut...]))
        if known.contains(left), known.contains(right) { merges.append((left, right)) }
      }
    }
    return merges
  }

  // MARK: The files beside it

  /// The text of `tokenizer_config.json`.
  func settings() throws(VLMError) -> Data {
    let tokens = try tokens()
    var members: [String] = []
    for (key, name) in [("bos", "bos"), ("eos", "eos"), ("padding", "pad"), ("unknown", "unk")] {
      if let token = try special(key, tokens) { members.append(#""\#(name)_token": \#(token.text.jsonLiteral)"#) }
    }
    for key in ["bos", "eos"] { members.append(#""add_\#(key)_token": \#(adds(key))"#) }
    members.append(#""tokenizer_class": "PreTrainedTokenizerFast""#)
    return Data("{\n  \(members.joined(separator: ",\n  "))\n}\n".utf8)
  }

  /// The text of `generation_config.json`: the tokens after which an answer ends.
  func generation() throws(VLMError) -> Data {
    let tokens = try tokens()
    var ids: [Int] = []
    for key in ["eos", "eot", "eom"] {
      if let token = try special(key, tokens) { ids.append(token.id) }
    }
    for (id, token) in tokens.enumerated() {
      if let token, token.kind == .control || token.kind == .ownText, Self.ends.contains(token.text) { ids.append(id) }
    }
    var members: [String] = []
    for (name, key) in [("bos", "bos"), ("pad", "padding")] {
      if let token = try special(key, tokens) { members.append(#""\#(name)_token_id": \#(token.id)"#) }
    }
    let stops = ids.enumerated().filter { !ids[..<$0.offset].contains($0.element) }.map { "\($0.element)" }
    return Data("{\n  \((members + [#""eos_token_id": [\#(stops.joined(separator: ", "))]"#]).joined(separator: ",\n  "))\n}\n".utf8)
  }
}
