/// Which cached keys each new token sees.
enum VisibleKeys {
  /// Visibility of `rows` tokens that follow `past` cached ones, as rows of the cache.
  ///
  /// A token sees itself and all before it; a sliding block the last `window` of these; tokens of a bidirectional prefix
  /// the whole prefix, whatever the window (as transformers' mask for PaliGemma).
  static func ranges(past: Int, rows: Int, prefix: Int, window: Int?) -> [Range<Int>] {
    (past..<past + rows).map { place in
      if place < prefix { return 0..<prefix }
      return (window.map { max(0, place + 1 - $0) } ?? 0)..<place + 1
    }
  }
}
