package import Files
package import Tensors

/// A tokenizer as `tokenizer.json` describes it: the same ids and texts as the Python package `tokenizers`.
///
///     let tokenizer = try Tokenizer(ModelFolder("Qwen2.5-VL-3B-Instruct"))
///     let ids = try tokenizer.encode("a red mug", addSpecialTokens: false)
///     let text = try tokenizer.decode(ids, skipSpecialTokens: true)
///
/// Not applied: `truncation` and `padding`, which belong to training batches, and BPE dropout. Loading reads the
/// vocabulary in one pass (O(file size)); encoding is linear but for the merging of single words, O(n log n).
package struct Tokenizer: Sendable {
  /// The file it was read from.
  package let file: String
  /// Tokens for the start and end of text, as the model's directory names them; empty when read from a lone file.
  package let specialTokens: SpecialTokens

  let normalizer: Normalizer?
  let preTokenizer: PreTokenizer?
  let model: TokenModel
  let postProcessor: PostProcessor?
  let decoder: TokenDecoder?
  let added: AddedVocabulary

  /// Reads `tokenizer.json` of a model's folder, and the special tokens that the files beside it name.
  ///
  /// - Throws: `tokenizers.file.missing` when there is none, and whatever `init(file:)` throws.
  package init(_ folder: ModelFolder) throws(VLMError) {
    guard let contents = try TokenizerFile(in: folder) else {
      throw VLMError(
        .tokenizerMissing, "there is no tokenizer.json, so texts cannot become ids", file: folder.path,
        remedy: "put the model's tokenizer.json there; tokenizer.model alone is not read")
    }
    try self.init(contents) { (id) throws(VLMError) in try SpecialTokens(folder, id: id) }
  }

  /// Reads a lone `tokenizer.json`.
  ///
  /// - Throws: `files.json.*` for broken JSON; `tokenizers.file.field` or `.kind` for settings that are missing, wrong
  ///   or not known; `tokenizers.model.*` for a vocabulary or merges that do not fit;
  ///   `tokenizers.regex.syntax`; each names file and field.
  package init(file: String) throws(VLMError) {
    try self.init(try TokenizerFile(file)) { _ in SpecialTokens() }
  }

  private init(
    _ contents: TokenizerFile, specialTokens: ((String) -> Int?) throws(VLMError) -> SpecialTokens
  ) throws(VLMError) {
    let root = contents.settings
    file = root.file
    normalizer = try root["normalizer"].map { (node) throws(VLMError) in try Normalizer(node) }
    preTokenizer = try root["pre_tokenizer"].map { (node) throws(VLMError) in try PreTokenizer(node) }
    model = try TokenModel(contents.model)
    decoder = try root["decoder"].map { (node) throws(VLMError) in try TokenDecoder(node) }
    added = try AddedVocabulary(
      try root["added_tokens"]?.array() ?? [], table: model.table, normalizer: normalizer)
    let (table, extra) = (model.table, added)
    let find = { (token: String) in extra.id(of: token) ?? table.id(of: token) }
    postProcessor = try root["post_processor"].map { (node) throws(VLMError) in
      try PostProcessor(node, id: find)
    }
    self.specialTokens = try specialTokens(find)
  }

  /// What is odd about the file.
  package var notices: [Notice] { added.notices }

  /// The number of tokens, added ones included; the model's embedding may have more rows.
  package var vocabularySize: Int {
    model.table.count + added.tokens.count { model.table.id(of: $0.content) == nil }
  }

  /// One above the largest id.
  package var idLimit: Int { max(model.table.idLimit, added.idLimit) }

  /// The id of a token as it stands in the vocabulary (`<|image_pad|>`, `Ġmug`), `nil` when there is none.
  package func id(of token: String) -> Int? { added.id(of: token) ?? model.table.id(of: token) }

  /// The token as it stands in the vocabulary, `nil` when no token has the id.
  package func token(of id: Int) -> String? { added.text(of: id) ?? model.table.token(of: id) }

  /// Whether `decode` leaves the token out when asked to skip special ones.
  package func isSpecial(_ id: Int) -> Bool { token(of: id).map(added.isSpecial) ?? false }
}
