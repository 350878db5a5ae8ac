internal import Mapping

/// Tokens that a language model writes after a prompt, one at a time.
package struct TokenGeneration: Sequence, IteratorProtocol {
  private let model: LanguageModel
  private let cache: KeyValueCache
  private let stops: Set<Int>
  private let limit: Int
  private var sampler: Sampler
  private var logits: [Float]
  private var written = 0
  private var failure: (any Error)?

  /// Runs the prompt.
  ///
  /// - Parameters:
  ///   - stops: tokens that end the text; they are not returned.
  ///   - limit: most tokens to write.
  /// - Throws: when the prompt does not fit the model.
  package init(
    _ model: LanguageModel, prompt: LanguageInput, stops: Set<Int> = [], limit: Int,
    sampling: Sampler.Settings = .greedy
  ) throws {
    self.model = model
    self.stops = stops
    self.limit = limit
    sampler = Sampler(sampling)
    cache = model.makeCache()
    logits = try model.extend(cache, with: prompt)
  }

  /// Tokens the model has seen, the prompt's included.
  package var contextLength: Int { cache.count }

  /// The next token, or `nil` at the end of the text.
  package mutating func next() -> Int? {
    guard written < limit else { return nil }
    if written > 0, !advance() { return nil }
    let token = sampler.next(logits)
    if stops.contains(token) {
      written = limit
      return nil
    }
    last = token
    written += 1
    return token
  }

  private var last = 0

  /// Runs the token written last.
  private mutating func advance() -> Bool {
    // A token of the head's own choosing is in the vocabulary, and images are all in the prompt.
    guard let input = try? LanguageInput([last], imageRows: [], for: model.language),
      let next = try? model.extend(cache, with: input)
    else { return false }
    logits = next
    return true
  }
}
