internal import Mapping

/// Tokens that a language model writes after a prompt, one at a time.
package struct TokenGeneration {
  private let model: LanguageModel
  private let cache: KeyValueCache
  private let stops: Set<Int>
  private let limit: Int
  private var sampler: Sampler
  private var logits: [Float]
  private var last = 0
  private var written = 0

  /// Runs the prompt.
  ///
  /// - Parameters:
  ///   - stops: tokens that end the text; they are not returned.
  ///   - limit: most tokens to write.
  /// - Throws: when the prompt does not fit the model.
  package init(
    _ model: LanguageModel, prompt: Prompt, stops: Set<Int> = [], limit: Int,
    sampling: Sampler.Settings = .greedy
  ) throws {
    self.model = model
    self.stops = stops
    self.limit = limit
    sampler = Sampler(sampling)
    cache = model.makeCache()
    logits = try model.extend(cache, with: prompt)
  }

  /// The next token, or `nil` at the end of the text.
  ///
  /// Throws when the model cannot go on, as where dynamic rotary positions end.
  package mutating func next() throws -> Int? {
    guard written < limit else { return nil }
    if written > 0 {
      logits = try model.extend(cache, with: Prompt([last], imageRows: [], for: model.language))
    }
    let token = sampler.next(logits)
    if stops.contains(token) {
      written = limit
      return nil
    }
    last = token
    written += 1
    return token
  }

}
