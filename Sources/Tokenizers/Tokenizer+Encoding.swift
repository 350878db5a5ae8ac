package import Tensors

extension Tokenizer {
  /// The ids of a text; added tokens that stand in it (`<|im_start|>`) become their own ids.
  ///
  /// - Parameter addSpecialTokens: whether to put around the text what the file's post-processor says (`<s>`).
  /// - Throws: `tokenizers.model.unknown` for a character that the vocabulary has no token for, not even an unknown one;
  ///   `tokenizers.regex.steps` when the file's regular expression does not come to an end; `tokenizers.text.limit` when
  ///   its steps make a text of unreasonable length.
  package func encode(_ text: String, addSpecialTokens: Bool) throws(VLMError) -> [Int] {
    let bytes = Array(text.utf8)
    var ids: [Int] = []
    for part in bytes.withUnsafeBufferPointer({ added.partsOfRaw($0) }) {
      if part.token >= 0 {
        ids.append(added.tokens[part.token].id)
      } else {
        try encode(Array(bytes[part.range]), beginsInput: part.range.lowerBound == 0, into: &ids)
      }
    }
    if addSpecialTokens, let postProcessor { ids = postProcessor.apply(to: ids) }
    return ids
  }

  /// A stretch without raw added tokens: normalized, cut at the normalized ones, then tokenized.
  private func encode(_ raw: [UInt8], beginsInput: Bool, into ids: inout [Int]) throws(VLMError) {
    var text = raw
    var budget = TextBudget(for: raw.count)
    do throws(VLMError) {
      try normalizer?.apply(to: &text, &budget)
      let beginsInput = beginsInput ? try keepsStart(of: raw) : false
      for part in text.withUnsafeBufferPointer({ added.partsOfNormalized($0) }) {
        if part.token >= 0 {
          ids.append(added.tokens[part.token].id)
          continue
        }
        let whole = part.range.count == text.count
        var pieces = PieceText(
          whole ? text : Array(text[part.range]), beginsInput: beginsInput && part.range.lowerBound == 0)
        try preTokenizer?.apply(to: &pieces, &budget)
        try model.encode(pieces, into: &ids)
      }
    } catch {
      var error = error
      error.file = error.file ?? file
      throw error
    }
  }

  /// Whether the normalizer leaves something of the first character. `tokenizers` asks where in the raw text the first
  /// piece begins, so one after stripped white space does not begin the input.
  private func keepsStart(of raw: [UInt8]) throws(VLMError) -> Bool {
    guard let normalizer, let first = raw.first, preTokenizer?.asksForStart ?? false else { return true }
    var start = Array(raw.prefix(UTF8Text.length(first)))
    var budget = TextBudget(for: start.count)
    try normalizer.apply(to: &start, &budget)
    return !start.isEmpty
  }
}
