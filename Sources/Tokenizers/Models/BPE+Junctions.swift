/// Cuts a long word where no merge can ever join, so that its parts can be merged, and remembered, one by one.
///
/// A merge of tokens A and B joins the last character of A with the first of B. Where two neighbouring characters are
/// joined by no merge of the whole table, no token of the result can span them, so both sides merge as if alone. This is what
/// makes the sentencepiece-like pipelines fast: there a whole text is one word, but hardly a merge crosses a `▁`.
extension BPE {
  /// The pairs of characters that some merge joins, `nil` when a token's first or last character is not certain
  /// (a token that is both a character and a merge's result).
  static func junctions(of merges: MergeTable, _ table: TokenTable) -> MergeTable? {
    var parts = [(left: Int32, right: Int32)](repeating: (-1, -1), count: table.idLimit)
    var count = 0
    merges.forEach { left, right, result in
      if parts[Int(result)].left < 0 { parts[Int(result)] = (left, right) }
      count += 1
    }
    // A token of one character is where words begin; it must come from no merge.
    var isSafe = true
    table.forEach { bytes, id in
      let isCharacter = !bytes.isEmpty && bytes.count == UTF8Text.length(bytes[0])
      let isByte = bytes.count == 6 && bytes[0] == UInt8(ascii: "<") && bytes[1] == UInt8(ascii: "0")
      if isCharacter || isByte, parts[id].left >= 0 { isSafe = false }
    }
    guard isSafe else { return nil }
    var firsts = [Int32](repeating: -1, count: table.idLimit)
    var lasts = firsts
    for id in 0..<table.idLimit {
      firsts[id] = end(id, firsts) { parts[$0].left }
      lasts[id] = end(id, lasts) { parts[$0].right }
      // A token that merges into itself, which only a broken file holds.
      if firsts[id] < 0 || lasts[id] < 0 { return nil }
    }
    var result = MergeTable(capacity: count)
    merges.forEach { left, right, _ in
      result.insert(lasts[Int(left)], firsts[Int(right)], rank: 0, result: 0)
    }
    return result
  }

  /// Follows `step` from `id` to a token that no merge makes.
  private static func end(_ id: Int, _ known: [Int32], _ step: (Int) -> Int32) -> Int32 {
    var id = id
    for _ in 0..<100_000 {
      if known[id] >= 0 { return known[id] }
      let next = step(id)
      if next < 0 { return Int32(id) }
      id = Int(next)
    }
    return -1
  }

  func encodeLong(
    _ piece: UnsafeBufferPointer<UInt8>, _ cache: inout WordCache, _ word: inout BPEWord,
    into result: inout [Int]
  ) {
    guard let junctions else { return }
    // Characters that are unknown have no bytes to be cut at: such a piece is merged whole.
    word.removeAll()
    var part = 0
    var position = 0
    var previous: Int32 = -1
    while position < piece.count {
      let end = position + UTF8Text.length(piece[position])
      let (first, last) = ends(UnsafeBufferPointer(rebasing: piece[position..<end]))
      guard first >= 0 else {
        word.removeAll()
        encodeWhole(UnsafeBufferPointer(rebasing: piece[part...]), &word, into: &result)
        return
      }
      if previous >= 0, junctions.merge(previous, first).rank == .max {
        encodePart(UnsafeBufferPointer(rebasing: piece[part..<position]), &cache, &word, into: &result)
        part = position
      }
      previous = last
      position = end
    }
    encodePart(UnsafeBufferPointer(rebasing: piece[part...]), &cache, &word, into: &result)
  }

  /// The first and last symbol that a character begins as, -1 when it is unknown.
  @inline(__always) private func ends(_ character: UnsafeBufferPointer<UInt8>) -> (Int32, Int32) {
    let id = character.count == 1 ? asciiIDs[Int(character[0])] : Int32(table.id(character))
    if id >= 0 { return (id, id) }
    guard let byteTokens else { return (-1, -1) }
    for byte in character where byteTokens[Int(byte)] < 0 { return (-1, -1) }
    return (byteTokens[Int(character[0])], byteTokens[Int(character[character.count - 1])])
  }

  private func encodePart(
    _ part: UnsafeBufferPointer<UInt8>, _ cache: inout WordCache, _ word: inout BPEWord,
    into result: inout [Int]
  ) {
    if cache.append(part, to: &result) { return }
    let start = result.count
    encodeWhole(part, &word, into: &result)
    cache.insert(part, result[start...])
  }

  private func encodeWhole(
    _ part: UnsafeBufferPointer<UInt8>, _ word: inout BPEWord, into result: inout [Int]
  ) {
    word.removeAll()
    begin(&word, part)
    word.merge(merges)
    word.append(to: &result)
  }
}
