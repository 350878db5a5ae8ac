/// A word while it is being merged: its symbols and, for each, the rank of the merge with its right neighbour.
struct BPEWord {
  private var symbols: [Int32] = []
  private var ranks: [UInt32] = []
  private var results: [Int32] = []
  private var next: [Int32] = []
  private var previous: [Int32] = []
  private var heap: [UInt64] = []

  var isEmpty: Bool { symbols.isEmpty }

  mutating func removeAll() { symbols.removeAll(keepingCapacity: true) }
  @inline(__always) mutating func append(_ symbol: Int32) { symbols.append(symbol) }

  func append(to result: inout [Int]) {
    for symbol in symbols { result.append(Int(symbol)) }
  }

  /// Merges until no pair has a merge: lowest rank first, of equal ones the leftmost.
  mutating func merge(_ merges: MergeTable) {
    if symbols.count < 2 { return }
    if symbols.count <= 32 { mergeShort(merges) } else { mergeLong(merges) }
  }

  /// Looks for the lowest rank anew each time: quadratic, and the fastest for a few symbols.
  private mutating func mergeShort(_ merges: MergeTable) {
    ranks.removeAll(keepingCapacity: true)
    results.removeAll(keepingCapacity: true)
    for index in 0..<symbols.count - 1 {
      let merge = merges.merge(symbols[index], symbols[index + 1])
      ranks.append(merge.rank)
      results.append(merge.result)
    }
    while true {
      var best = UInt32.max
      var at = -1
      for index in 0..<ranks.count where ranks[index] < best { (best, at) = (ranks[index], index) }
      if at < 0 { return }
      symbols[at] = results[at]
      symbols.remove(at: at + 1)
      ranks.remove(at: at)
      results.remove(at: at)
      if at < ranks.count {
        let merge = merges.merge(symbols[at], symbols[at + 1])
        (ranks[at], results[at]) = (merge.rank, merge.result)
      }
      if at > 0 {
        let merge = merges.merge(symbols[at - 1], symbols[at])
        (ranks[at - 1], results[at - 1]) = (merge.rank, merge.result)
      }
    }
  }

  /// A heap of (rank, position) over a linked list; entries whose rank is no longer that of their pair are stale.
  private mutating func mergeLong(_ merges: MergeTable) {
    let count = symbols.count
    next = (0..<count).map { Int32($0 + 1 < count ? $0 + 1 : -1) }
    previous = (0..<count).map { Int32($0 - 1) }
    ranks = [UInt32](repeating: .max, count: count)
    results = [Int32](repeating: -1, count: count)
    heap.removeAll(keepingCapacity: true)
    for index in 0..<count - 1 { setRank(index, merges) }
    while let top = popLowest() {
      let at = Int(top & 0xFFFF_FFFF)
      guard ranks[at] == UInt32(top >> 32) else { continue }
      let right = Int(next[at])
      symbols[at] = results[at]
      symbols[right] = -1
      ranks[right] = .max
      next[at] = next[right]
      if next[at] >= 0 { previous[Int(next[at])] = Int32(at) }
      setRank(at, merges)
      if previous[at] >= 0 { setRank(Int(previous[at]), merges) }
    }
    symbols.removeAll { $0 < 0 }
  }

  private mutating func setRank(_ at: Int, _ merges: MergeTable) {
    let right = next[at]
    guard right >= 0 else {
      ranks[at] = .max
      return
    }
    let merge = merges.merge(symbols[at], symbols[Int(right)])
    (ranks[at], results[at]) = (merge.rank, merge.result)
    if merge.rank != .max { push(UInt64(merge.rank) << 32 | UInt64(at)) }
  }

  private mutating func push(_ value: UInt64) {
    heap.append(value)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      if heap[parent] <= value { break }
      heap[child] = heap[parent]
      child = parent
    }
    heap[child] = value
  }

  private mutating func popLowest() -> UInt64? {
    guard let lowest = heap.first, let last = heap.popLast() else { return nil }
    if heap.isEmpty { return lowest }
    var parent = 0
    while true {
      var child = 2 * parent + 1
      if child >= heap.count { break }
      if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
      if heap[child] >= last { break }
      heap[parent] = heap[child]
      parent = child
    }
    heap[parent] = last
    return lowest
  }
}
