internal import Synchronization

/// Ids of words already tokenized. Bounded: once full it takes no more.
struct WordCache {
  static let maximumWord = 64
  private static let maximumWords = 1 << 16

  private var table = TokenTable(capacity: 1 << 12)
  /// Where word i's ids begin in `ids`.
  private var starts: [Int] = [0]
  private var ids: [Int32] = []

  /// Appends the ids of the word; `false` when it is not known.
  @inline(__always) func append(_ word: UnsafeBufferPointer<UInt8>, to result: inout [Int]) -> Bool {
    let entry = table.id(word)
    if entry < 0 { return false }
    for index in starts[entry]..<starts[entry + 1] { result.append(Int(ids[index])) }
    return true
  }

  mutating func insert(_ word: UnsafeBufferPointer<UInt8>, _ wordIDs: ArraySlice<Int>) {
    guard table.count < Self.maximumWords, word.count <= Self.maximumWord else { return }
    table.insert(word, id: table.count)
    for id in wordIDs { ids.append(Int32(truncatingIfNeeded: id)) }
    starts.append(ids.count)
  }
}

/// Lends one cache to one encoding at a time; a second one at the same time starts with an empty cache.
final class WordCacheLoan: Sendable {
  private let cache = Mutex<WordCache?>(nil)

  func take() -> WordCache {
    cache.withLock { held in
      defer { held = nil }
      return held ?? WordCache()
    }
  }

  func giveBack(_ used: consuming WordCache) {
    let used = used
    cache.withLock { $0 = used }
  }
}
