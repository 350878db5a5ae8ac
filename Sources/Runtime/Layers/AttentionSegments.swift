/// Who attends to whom in packed tokens: those of a segment to each other, or to its first tokens only.
struct AttentionSegments: Equatable {
  /// Cumulative boundaries of queries, `[0, …, tokens]`.
  private(set) var queries: [Int]
  /// Those of keys; `nil` where they are the same.
  private(set) var keys: [Int]?

  /// Segments whose tokens all see each other.
  init(_ boundaries: [Int]) { queries = boundaries }

  /// Adds a segment of `count` tokens that all see the first `keys` of them.
  mutating func append(queries count: Int, keys visible: Int) {
    let (start, end) = (queries.last!, queries.last! + count)
    if visible < count, keys == nil { keys = queries }
    queries.append(end)
    guard keys != nil else { return }
    keys!.append(start + visible)
    if visible < count {
      // A segment without queries takes up the keys that nothing sees.
      queries.append(end)
      keys!.append(end)
    }
  }
}
