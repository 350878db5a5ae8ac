package import Tensors

extension Tokenizer {
  /// The text of the ids.
  ///
  /// Ids that no token has are left out, as the Python package does. No clean-up of spaces follows.
  /// - Throws: `tokenizers.regex.steps` when a regular expression of the file's decoder does not come to an end,
  ///   `tokenizers.text.limit` when its steps make a text of unreasonable length.
  package func decode(_ ids: [Int], skipSpecialTokens: Bool) throws(VLMError) -> String {
    var tokens: [String] = []
    tokens.reserveCapacity(ids.count)
    for id in ids {
      guard let token = token(of: id), !(skipSpecialTokens && added.isSpecial(token)) else { continue }
      tokens.append(token)
    }
    guard let decoder else { return tokens.joined(separator: " ") }
    do throws(VLMError) {
      var budget = TextBudget(for: tokens.reduce(0) { $0 + $1.utf8.count })
      return try decoder.apply(to: tokens, &budget).joined()
    } catch {
      var error = error
      error.file = error.file ?? file
      throw error
    }
  }
}
