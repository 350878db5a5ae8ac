internal import Mapping
package import Tensors

/// What a query behind a prompt looks at: keys and values of every token before it, which do not depend on it.
package struct QueryContext: Sendable {
  /// Tokens before the query.
  package let count: Int
  /// By block: `[count, keyHeads * headWidth]`, turned as their positions say.
  package let keys: [[Float]]
  package let values: [[Float]]
  /// By block: the first token that the query sees.
  package let firstVisible: [Int]
  /// By block: how the query's position turns pairs of a head, `[headWidth / 2]`; empty where nothing is turned.
  package let cosines: [[Float]]
  package let sines: [[Float]]
  /// What its position adds to its embedding (Kosmos-2), `[width]`; empty where nothing is.
  package let position: [Float]

  package var byteCount: Int { 8 * keys.reduce(0) { $0 + $1.count } }
}

extension LanguageModel {
  /// Runs all of `input` but its query, and keeps what that will look at.
  ///
  /// - Throws: `runtime.input.tokens` where tokens see the query, so that nothing can be kept.
  package func context(_ input: Prompt) throws -> QueryContext {
    guard !language.hasLinearBlocks else {
      throw VLMError(.inputTokens, "blocks of linear attention have no keys and values that a query could look at")
    }
    guard let query = input.query, input.prefix < input.tokens.count else {
      throw VLMError(.inputTokens, "the prompt's tokens see the query, so they cannot be run before it")
    }
    let before = try Prompt(
      Array(input.tokens.dropLast()), images: input.images, imageRows: input.imageRows, prefix: input.prefix,
      countsTokens: input.countsTokens, for: language)
    let cache = makeCache()
    _ = try lastState(before, cache)
    // The query's place is the last of the whole sequence's.
    let positions = TokenPositions(input, startingAt: makeCache().nextPosition, for: language)
    let last = TokenPositions(axes: positions.axes.map { [$0[$0.count - 1]] }, next: positions.next)
    let (full, sliding) = rotaryTables(last)
    let tables = (0..<language.depth).map { language.isSliding(block: $0) ? sliding : full }
    let width = query.count
    var added = [Float](repeating: 0, count: language.sinusoidalPositions == true ? width : 0)
    if !added.isEmpty {
      added.withUnsafeMutableBufferPointer { SinusoidalPositions(width: width).add(last.axes[0], to: $0.baseAddress!) }
    }
    func copied(_ base: UnsafeMutablePointer<Float>) -> [Float] {
      Array(UnsafeBufferPointer(start: base, count: cache.count * cache.width))
    }
    return QueryContext(
      count: cache.count, keys: (0..<language.depth).map { copied(cache.keys($0)) },
      values: (0..<language.depth).map { copied(cache.values($0)) },
      firstVisible: (0..<language.depth).map { block in
        guard language.isSliding(block: block), let window = language.slidingWindow else { return 0 }
        return max(0, cache.count + 1 - window)
      },
      cosines: tables.map { $0?.cosines.values ?? [] }, sines: tables.map { $0?.sines.values ?? [] }, position: added)
  }
}
