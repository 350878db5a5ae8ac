import Foundation
import Tensors
import TestSupport
import Testing

@testable import Tokenizers

/// Broken and hostile files: a clear error that names file and field, never a crash.
@Suite struct BrokenTokenizerTests {
  /// A file with these parts over a tiny model.
  static func text(
    model: String = #"{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}"#, rest: String = ""
  ) -> String { #"{"version":"1.0","# + rest + #""model":"# + model + "}" }

  static func open(_ text: String) throws -> Tokenizer {
    try Fixture.withTemporaryDirectory { directory in
      let file = directory.appending(path: "tokenizer.json")
      try Data(text.utf8).write(to: file)
      do { return try Tokenizer(file: file.path) } catch let error as VLMError {
        #expect(error.file == file.path, "\(error)")
        throw error
      }
    }
  }

  static let table: [(what: String, text: String, code: String)] = [
    ("no model", #"{"version":"1.0"}"#, "tokenizers.file.field"),
    ("not an object", "[]", "files.json.syntax"),
    ("cut short", String(text().dropLast(9)), "files.json.syntax"),
    ("too deep", #"{"a":"# + String(repeating: "[", count: 5000), "files.json.nesting"),
    ("unknown model", text(model: #"{"type":"LSTM","vocab":{}}"#), "tokenizers.file.kind"),
    (
      "merge of an unknown token", text(model: #"{"type":"BPE","vocab":{"a":0,"b":1},"merges":["a c"]}"#),
      "tokenizers.model.merge"
    ),
    (
      "merge to an unknown token", text(model: #"{"type":"BPE","vocab":{"a":0,"b":1},"merges":[["a","b"]]}"#),
      "tokenizers.model.merge"
    ),
    (
      "merge of three", text(model: #"{"type":"BPE","vocab":{"a":0},"merges":["a a a"]}"#),
      "tokenizers.model.merge"
    ),
    (
      "merge of one", text(model: #"{"type":"BPE","vocab":{"a":0},"merges":[["a"]]}"#),
      "tokenizers.model.merge"
    ),
    ("negative id", text(model: #"{"type":"BPE","vocab":{"a":-1},"merges":[]}"#), "files.json.number"),
    (
      "huge id", text(model: #"{"type":"BPE","vocab":{"a":99999999999},"merges":[]}"#),
      "tokenizers.model.vocabulary"
    ),
    (
      "id beyond all tokens", text(model: #"{"type":"BPE","vocab":{"a":9000000},"merges":[]}"#),
      "tokenizers.model.vocabulary"
    ),
    (
      "unknown token missing", text(model: #"{"type":"BPE","vocab":{"a":0},"merges":[],"unk_token":"?"}"#),
      "tokenizers.model.unknown"
    ),
    (
      "unk_id out of range", text(model: #"{"type":"Unigram","vocab":[["a",-1]],"unk_id":4}"#),
      "tokenizers.model.unknown"
    ),
    (
      "empty unigram", text(model: #"{"type":"Unigram","vocab":[],"unk_id":0}"#),
      "tokenizers.model.vocabulary"
    ),
    (
      "unigram without score", text(model: #"{"type":"Unigram","vocab":[["a"]],"unk_id":0}"#),
      "tokenizers.model.vocabulary"
    ),
    (
      "score too large", text(model: #"{"type":"Unigram","vocab":[["a",1e999]],"unk_id":0}"#),
      "files.json.number"
    ),
    (
      "token too long",
      text(model: #"{"type":"BPE","vocab":{"\#(String(repeating: "a", count: 5000))":0},"merges":[]}"#),
      "tokenizers.model.vocabulary"
    ),
    (
      "affix too long",
      text(
        model:
          #"{"type":"BPE","vocab":{"a":0},"merges":[],"end_of_word_suffix":"\#(String(repeating: "a", count: 65))"}"#),
      "tokenizers.file.field"
    ),
    (
      "added token too long",
      text(rest: #""added_tokens":[{"id":3,"content":"\#(String(repeating: "a", count: 5000))"}],"#),
      "tokenizers.file.field"
    ),
    (
      "looking for a text too long",
      text(
        rest:
          #""normalizer":{"type":"Replace","pattern":{"String":"\#(String(repeating: "a", count: 5000))"},"content":""},"#
      ), "tokenizers.file.field"
    ),
    ("unknown normalizer", text(rest: #""normalizer":{"type":"Rot13"},"#), "tokenizers.file.kind"),
    (
      "unknown pre-tokenizer",
      text(rest: #""pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"X"}]},"#),
      "tokenizers.file.kind"
    ),
    ("unknown decoder", text(rest: #""decoder":{"type":"X"},"#), "tokenizers.file.kind"),
    ("unknown post-processor", text(rest: #""post_processor":{"type":"X"},"#), "tokenizers.file.kind"),
    (
      "template with unknown token",
      text(
        rest:
          #""post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x"}}],"special_tokens":{}},"#
      ), "tokenizers.file.field"
    ),
    (
      "bad regex",
      text(rest: #""pre_tokenizer":{"type":"Split","pattern":{"Regex":"(a"},"behavior":"Isolated"},"#),
      "tokenizers.regex.syntax"
    ),
    (
      "bad behaviour",
      text(rest: #""pre_tokenizer":{"type":"Split","pattern":{"String":"a"},"behavior":"Shredded"},"#),
      "tokenizers.file.kind"
    ),
    (
      "charsmap no base64", text(rest: #""normalizer":{"type":"Precompiled","precompiled_charsmap":"§"},"#),
      "tokenizers.normalizer.charsmap"
    ),
    (
      "charsmap cut short",
      text(rest: #""normalizer":{"type":"Precompiled","precompiled_charsmap":"//8AAA=="},"#),
      "tokenizers.normalizer.charsmap"
    ),
    ("added without content", text(rest: #""added_tokens":[{"id":3}],"#), "tokenizers.file.field"),
    (
      "flag that is no flag", text(rest: #""pre_tokenizer":{"type":"ByteLevel","use_regex":"yes"},"#),
      "tokenizers.file.field"
    ),
  ]

  @Test(arguments: table) func isRefused(what: String, text: String, code: String) throws {
    let error = try #require(#expect(throws: VLMError.self) { try Self.open(text) })
    #expect(error.code.rawValue == code, "\(what): \(error)")
    #expect(!error.message.isEmpty)
  }

  /// Every prefix of a real file is refused without a crash.
  @Test func everyTruncationIsRefused() throws {
    let bytes = try Data(contentsOf: Fixture.url("tokenizers/word_level.json"))
    try Fixture.withTemporaryDirectory { directory in
      let file = directory.appending(path: "tokenizer.json")
      for length in stride(from: 1, to: bytes.count - 1, by: 61) {
        try bytes.prefix(length).write(to: file)
        #expect(throws: VLMError.self) { try Tokenizer(file: file.path) }
      }
    }
  }

  @Test func aPathologicalPatternStops() throws {
    let tokenizer = try Self.open(
      Self.text(
        rest: #""pre_tokenizer":{"type":"Split","pattern":{"Regex":"(a+)+c"},"behavior":"Isolated"},"#))
    let error = #expect(throws: VLMError.self) {
      try tokenizer.encode(String(repeating: "a", count: 50), addSpecialTokens: false)
    }
    #expect(error?.code == .tokenizerRegexSteps)
    #expect(error?.file?.hasSuffix("tokenizer.json") == true)
  }

  /// Steps that make much of little: an error that names file and step, at once.
  @Test(
    .timeLimit(.minutes(1)),
    arguments: [
      #"{"type":"Replace","pattern":{"String":"a"},"content":"MILLION"}"#,
      #"{"type":"Replace","pattern":{"Regex":""},"content":"MILLION"}"#,
      #"{"type":"Prepend","prepend":"MILLIONMILLION"}"#, #"{"type":"Sequence","normalizers":[MANY]}"#,
    ])
  func textsThatGrowAreRefused(normalizer: String) throws {
    let doubling = #"{"type":"Replace","pattern":{"Regex":"."},"content":"aa"}"#
    let bomb = normalizer.replacing("MILLION", with: String(repeating: "a", count: 1 << 20))
      .replacing("MANY", with: Array(repeating: doubling, count: 40).joined(separator: ","))
    let tokenizer = try Self.open(Self.text(rest: #""normalizer":\#(bomb),"#))
    let error = #expect(throws: VLMError.self) {
      try tokenizer.encode(String(repeating: "a", count: 1000), addSpecialTokens: false)
    }
    #expect(error?.code == .tokenizerTextLimit)
    #expect(error?.message.hasPrefix("normalizer ") == true)
    #expect(error?.file?.hasSuffix("tokenizer.json") == true)
    let decoder = bomb.replacing("normalizers", with: "decoders")
    guard !decoder.contains("Prepend") else { return }
    let decoding = try Self.open(Self.text(rest: #""decoder":\#(decoder),"#))
    let other = #expect(throws: VLMError.self) {
      try decoding.decode([Int](repeating: 0, count: 1000), skipSpecialTokens: false)
    }
    #expect(other?.code == .tokenizerTextLimit)
  }

  /// A long text without a space, or one letter with a hundred thousand accents, takes no longer than any other.
  @Test(.timeLimit(.minutes(1)), arguments: ["NFC", "NFD", "NFKC", "NFKD"])
  func longWordsAreNotQuadratic(form: String) throws {
    let tokenizer = try Self.open(
      Self.text(
        model:
          #"{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"],"unk_token":"a","continuing_subword_prefix":""}"#,
        rest: #""normalizer":{"type":"\#(form)"},"#))
    let word = String(repeating: "ab", count: 200_000)
    #expect(try tokenizer.encode(word, addSpecialTokens: false) == [Int](repeating: 2, count: 200_000))
    let marks = "a" + String(repeating: "\u{0301}\u{0327}", count: 50_000)
    #expect(try tokenizer.encode(marks, addSpecialTokens: false).count > 50_000)
  }

  /// Long runs of marks are ordered here, short ones by Foundation: the same order.
  @Test func marksAreOrderedAlike() {
    let few = "q" + String(repeating: "\u{0301}\u{0327}", count: 10)
    let many = "q" + String(repeating: "\u{0301}\u{0327}", count: 40)
    let expected = { "q" + String(repeating: "\u{0327}", count: $0) + String(repeating: "\u{0301}", count: $0) }
    for (text, count) in [(few, 10), (many, 40)] {
      let bytes = UnicodeNormalization.nfd.apply(to: Array(text.utf8))
      #expect(bytes == Array(expected(count).utf8))
    }
  }

  @Test func anUnknownCharacterWithoutUnknownTokenIsAnError() throws {
    let tokenizer = try Self.open(Self.text(model: #"{"type":"Unigram","vocab":[["a",-1]],"unk_id":null}"#))
    #expect(try tokenizer.encode("aa", addSpecialTokens: false) == [0, 0])
    let error = #expect(throws: VLMError.self) { try tokenizer.encode("ab", addSpecialTokens: false) }
    #expect(error?.code == .tokenizerUnknown)
  }

  /// A merge whose result is a character makes cutting long words unsafe; the ids must not change.
  @Test func tokensThatMergeIntoThemselvesEndTheSearch() throws {
    let tokenizer = try Self.open(
      Self.text(model: #"{"type":"BPE","vocab":{"a":0,"b":1,"":2},"merges":[["a",""],["","b"]]}"#))
    #expect(try tokenizer.encode(String(repeating: "ab", count: 20), addSpecialTokens: false).count == 40)
  }
}
