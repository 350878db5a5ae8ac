/// A way in which llama.cpp cuts a text into the words that byte-level BPE works on, by its name in `tokenizer.ggml.pre`.
package struct GGUFWordCut: Sendable {
  package let name: String
  /// Names of the same in other files.
  let aliases: [String]
  /// The pattern of `tokenizer.json`; `nil` is single digits, then GPT-2's own cut.
  package let pattern: String?
  /// Texts are brought to NFC first, as the tokenizers have it that are cut in this way; llama.cpp itself leaves them.
  let isNormalized: Bool
  /// A word that is a token is not merged from its bytes, and a text begins with a token of its own, unless the metadata say otherwise.
  let isOfLlama3: Bool

  package static let all = [
    GGUFWordCut(
      name: "qwen2", aliases: [],
      pattern:
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
      isNormalized: true, isOfLlama3: false),
    GGUFWordCut(
      name: "llama-bpe", aliases: ["llama3", "llama-v3"],
      pattern:
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
      isNormalized: false, isOfLlama3: true),
    GGUFWordCut(name: "smollm", aliases: [], pattern: nil, isNormalized: false, isOfLlama3: false),
  ]

  static func named(_ name: String) -> GGUFWordCut? { all.first { $0.name == name || $0.aliases.contains(name) } }
}
