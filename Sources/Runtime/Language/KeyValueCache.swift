internal import Mapping
internal import Tensors

/// Keys and values of the tokens that a language model has seen, so that each new token costs one row; and the states of blocks of
/// linear attention.
///
/// Belongs to one sequence and one thread of calls.
package final class KeyValueCache {
  /// Tokens held.
  package private(set) var count = 0
  /// Position of the next token.
  package internal(set) var nextPosition: Int
  /// Floats of one token's keys (or values) in one block.
  let width: Int
  private var keys: [Scratch]
  private var values: [Scratch]
  /// Of blocks of linear attention, which have no keys and values.
  private let states: [LinearAttentionState?]
  private var capacity = 0

  init(_ language: LanguageConfiguration) {
    width = language.keyValueHeads * language.headWidth
    nextPosition = language.firstPosition ?? 0
    keys = (0..<language.depth).map { _ in Scratch(0) }
    values = keys
    states = (0..<language.depth).map { language.isLinear(block: $0) ? language.linearAttention.map(LinearAttentionState.init) : nil }
  }

  /// The state of block `index`, which is one of linear attention.
  func state(_ index: Int) -> LinearAttentionState { states[index]! }

  /// Keys of block `index`, `[capacity, width]`.
  func keys(_ index: Int) -> UnsafeMutablePointer<Float> { keys[index].base }
  /// Values of block `index`, `[capacity, width]`.
  func values(_ index: Int) -> UnsafeMutablePointer<Float> { values[index].base }

  /// Makes room for `more` tokens, doubling so that growing costs little.
  func reserve(_ more: Int) {
    guard count + more > capacity else { return }
    capacity = max(count + more, 2 * capacity)
    for index in keys.indices where states[index] == nil {
      keys[index] = grown(keys[index])
      values[index] = grown(values[index])
    }
  }

  /// Counts `more` tokens in, once every block has written theirs.
  func append(_ more: Int) {
    precondition(count + more <= capacity, "tokens were appended without room")
    count += more
  }

  private func grown(_ old: Scratch) -> Scratch {
    let new = Scratch(capacity * width)
    new.base.update(from: old.base, count: count * width)
    return new
  }
}

/// Which cached keys each new token sees.
enum VisibleKeys {
  /// Visibility of `rows` tokens that follow `past` cached ones, as rows of the cache.
  ///
  /// A token sees itself and all before it; a sliding block the last `window` of these; tokens of a bidirectional prefix
  /// the whole prefix, whatever the window (as transformers' mask for PaliGemma); tokens of a bidirectional image what comes
  /// after them in it, but no further back than the window (Gemma 3).
  ///
  /// - Parameter images: rows of the cache, in order.
  static func ranges(past: Int, rows: Int, prefix: Int, images: [Range<Int>] = [], window: Int?) -> [Range<Int>] {
    var images = images[...]
    return (past..<past + rows).map { place in
      if place < prefix { return 0..<prefix }
      while let image = images.first, image.upperBound <= place { images.removeFirst() }
      let end = images.first.map { $0.contains(place) ? $0.upperBound : place + 1 } ?? place + 1
      return (window.map { max(0, place + 1 - $0) } ?? 0)..<end
    }
  }
}
