public import Tensors

extension Tokenizer {
  /// The text of the ids.
  ///
  /// Ids that no token has are left out, as the Python package does. No clean-up of spaces follows.
  /// - Throws: `tokenizers.regex.steps` when a regular expression of the file's decoder does not come to an end.
  public func decode(_ ids: [Int], skipSpecialTokens: Bool) throws(VLMError) -> String {
    var tokens: [String] = []
    tokens.reserveCapacity(ids.count)
    for id in ids {
      guard let token = token(of: id), !(skipSpecialTokens && added.isSpecial(token)) else { continue }
      tokens.append(token)
    }
    guard let decoder else { return tokens.joined(separator: " ") }
    do throws(VLMError) {
      return try decoder.apply(to: tokens).joined()
    } catch {
      var error = error
      error.file = error.file ?? file
      throw error
    }
  }
}
