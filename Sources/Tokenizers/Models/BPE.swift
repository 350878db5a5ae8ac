internal import Tensors

/// Byte-pair encoding: a word begins as its characters, and the pair with the lowest rank is merged until none is left.
struct BPE: Sendable {
  let table: TokenTable
  let merges: MergeTable
  let unknown: (id: Int, fused: Bool)?
  let continuingPrefix: [UInt8]
  let endSuffix: [UInt8]
  /// Ids of `<0x00>` to `<0xFF>`, -1 for those the vocabulary lacks; `nil` without byte fallback.
  let byteTokens: [Int32]?
  /// A word that is a token is taken whole, whatever the merges say.
  let ignoresMerges: Bool
  /// Pairs of characters that some merge joins, see `BPE+Junctions`; `nil` where words cannot be cut safely.
  let junctions: MergeTable?
  let asciiIDs: [Int32]
  let cache = WordCacheLoan()

  /// - Throws: `model.merge` for a merge that names no token, `model.unknown`, `model.vocabulary`, `file.field`.
  init(_ file: ModelFile) throws(VLMError) {
    let settings = file.settings
    var table = file.vocabulary
    table.indexIDs()
    self.table = table
    continuingPrefix = try file.affix("continuing_subword_prefix")
    endSuffix = try file.affix("end_of_word_suffix")
    ignoresMerges = try settings.bool("ignore_merges", default: false)
    let fused = try settings.bool("fuse_unk", default: false)
    if let name = settings["unk_token"] {
      guard let id = table.id(of: try name.string()) else {
        throw name.failure(
          "the token \"\(try name.string())\" is not in the vocabulary", code: .tokenizerUnknown)
      }
      unknown = (id, fused)
    } else {
      unknown = nil
    }
    if try settings.bool("byte_fallback", default: false) {
      byteTokens = (0..<256).map { Int32(table.id(of: Self.byteToken($0)) ?? -1) }
    } else {
      byteTokens = nil
    }
    merges = try Self.readMerges(file, table, prefixLength: continuingPrefix.count)
    junctions = continuingPrefix.isEmpty && endSuffix.isEmpty ? Self.junctions(of: merges, table) : nil
    asciiIDs = (0..<128).map { value in
      Int32(table.id(of: String(UnicodeScalar(UInt8(value)))) ?? -1)
    }
  }

  /// `<0x0A>` for 10.
  static func byteToken(_ byte: Int) -> String {
    let hex = String(byte, radix: 16, uppercase: true)
    return "<0x" + (byte < 16 ? "0" : "") + hex + ">"
  }

  private static func readMerges(
    _ file: ModelFile, _ table: TokenTable, prefixLength: Int
  ) throws(VLMError) -> MergeTable {
    var merges = MergeTable(capacity: file.merges.count)
    var joined: [UInt8] = []
    try file.mergeArena.withUnsafeBufferPointer { (arena) throws(VLMError) in
      func id(_ bytes: UnsafeBufferPointer<UInt8>, _ rank: Int) throws(VLMError) -> Int32 {
        let id = table.id(bytes)
        if id >= 0 { return Int32(id) }
        throw VLMError(
          .tokenizerMerge,
          "model.merges[\(rank)] names \"\(String(decoding: bytes, as: UTF8.self))\", which is not in the vocabulary",
          file: file.settings.file, remedy: "download the file again")
      }
      for (rank, merge) in file.merges.enumerated() {
        let left = UnsafeBufferPointer(rebasing: arena[merge.start..<merge.middle])
        let right = UnsafeBufferPointer(rebasing: arena[merge.middle..<merge.end])
        let (leftID, rightID) = (try id(left, rank), try id(right, rank))
        joined.removeAll(keepingCapacity: true)
        joined.append(contentsOf: left)
        joined.append(contentsOf: right.dropFirst(prefixLength))
        let result = try joined.withUnsafeBufferPointer { (bytes) throws(VLMError) in try id(bytes, rank) }
        merges.insert(leftID, rightID, rank: rank, result: result)
      }
    }
    return merges
  }

  /// Tokenizes the pieces one by one.
  func encode(_ text: PieceText, into result: inout [Int]) {
    var cache = cache.take()
    var word = BPEWord()
    text.bytes.withUnsafeBufferPointer { bytes in
      for piece in text.pieces {
        encode(UnsafeBufferPointer(rebasing: bytes[piece]), &cache, &word, into: &result)
      }
    }
    self.cache.giveBack(cache)
  }

  private func encode(
    _ piece: UnsafeBufferPointer<UInt8>, _ cache: inout WordCache, _ word: inout BPEWord,
    into result: inout [Int]
  ) {
    if cache.append(piece, to: &result) { return }
    if ignoresMerges {
      let id = table.id(piece)
      if id >= 0 {
        result.append(id)
        return
      }
    }
    if junctions != nil, piece.count > 16 {
      encodeLong(piece, &cache, &word, into: &result)
      return
    }
    let start = result.count
    word.removeAll()
    begin(&word, piece)
    word.merge(merges)
    word.append(to: &result)
    cache.insert(piece, result[start...])
  }

  /// The word's characters as ids: of the vocabulary, of its bytes, or unknown.
  func begin(_ word: inout BPEWord, _ text: UnsafeBufferPointer<UInt8>) {
    let isPlain = continuingPrefix.isEmpty && endSuffix.isEmpty
    var pendingUnknown = -1
    var position = 0
    while position < text.count {
      let end = min(position + UTF8Text.length(text[position]), text.count)
      let character = UnsafeBufferPointer(rebasing: text[position..<end])
      let (isFirst, isLast) = (position == 0, end == text.count)
      let id =
        isPlain
        ? (character.count == 1 ? Int(asciiIDs[Int(character[0])]) : table.id(character))
        : affixedID(character, isFirst: isFirst, isLast: isLast)
      position = end
      if id >= 0 {
        if pendingUnknown >= 0 { word.append(Int32(pendingUnknown)) }
        pendingUnknown = -1
        word.append(Int32(id))
      } else if appendBytes(of: character, to: &word, isFirst: isFirst, isLast: isLast) {
        continue
      } else if let unknown {
        if pendingUnknown >= 0, !unknown.fused { word.append(Int32(pendingUnknown)) }
        pendingUnknown = unknown.id
      }
    }
    if pendingUnknown >= 0 { word.append(Int32(pendingUnknown)) }
  }

  private func affixedID(_ character: UnsafeBufferPointer<UInt8>, isFirst: Bool, isLast: Bool) -> Int {
    var spelled = isFirst ? [] : continuingPrefix
    spelled.append(contentsOf: character)
    if isLast { spelled += endSuffix }
    return spelled.withUnsafeBufferPointer { table.id($0) }
  }

  /// The byte tokens of a character with its affixes; `false` when there is no fallback or a token is missing.
  @inline(__always) private func appendBytes(
    of character: UnsafeBufferPointer<UInt8>, to word: inout BPEWord, isFirst: Bool, isLast: Bool
  ) -> Bool {
    guard let byteTokens else { return false }
    let before = isFirst ? [] : continuingPrefix
    let after = isLast ? endSuffix : []
    let isThere = { (byte: UInt8) in byteTokens[Int(byte)] >= 0 }
    guard character.allSatisfy(isThere), before.allSatisfy(isThere), after.allSatisfy(isThere) else {
      return false
    }
    for byte in before { word.append(byteTokens[Int(byte)]) }
    for byte in character { word.append(byteTokens[Int(byte)]) }
    for byte in after { word.append(byteTokens[Int(byte)]) }
    return true
  }
}
