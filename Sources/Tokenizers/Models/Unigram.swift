internal import Tensors

/// sentencepiece's unigram model: the segmentation whose tokens' log probabilities sum highest (Viterbi).
struct Unigram: Sendable {
  /// How far an unknown character lies below the least probable token.
  private static let unknownPenalty = 10.0

  let table: TokenTable
  private let scores: [Double]
  private let trie: ByteTrie
  private let unknownID: Int?
  private let unknownScore: Double
  /// Ids of `<0x00>` to `<0xFF>`; `nil` without byte fallback.
  private let byteTokens: [Int]?
  private let file: String
  let cache = WordCacheLoan()

  /// - Throws: `model.unknown` when `unk_id` is no token, `model.vocabulary`, `file.field`.
  init(_ file: ModelFile) throws(VLMError) {
    var table = file.vocabulary
    table.indexIDs()
    self.table = table
    self.file = file.settings.file
    scores = file.scores
    guard !scores.isEmpty else {
      throw VLMError(
        .tokenizerVocabulary, "model.vocab of a Unigram model is empty", file: file.settings.file)
    }
    if let node = file.settings["unk_id"] {
      let id = try node.integer()
      guard id >= 0, id < scores.count else {
        throw node.failure("\(id) is no id of the \(scores.count) tokens", code: .tokenizerUnknown)
      }
      unknownID = id
    } else {
      unknownID = nil
    }
    unknownScore = scores.min()! - Self.unknownPenalty
    var trie = ByteTrie()
    table.forEach { bytes, id in trie.insert(bytes, value: id) }
    trie.finish()
    self.trie = trie
    byteTokens =
      try file.settings.bool("byte_fallback", default: false)
      ? (0..<256).map { table.id(of: BPE.byteToken($0)) ?? -1 } : nil
  }

  private struct Node {
    var score = 0.0
    var start: Int32 = -1
    var id: Int32 = 0
  }

  /// - Throws: `model.unknown` when a character is not in the vocabulary and there is no unknown token.
  func encode(_ text: PieceText, into result: inout [Int]) throws(VLMError) {
    var cache = cache.take()
    defer { self.cache.giveBack(cache) }
    var nodes: [Node] = []
    try text.bytes.withUnsafeBufferPointer { (bytes) throws(VLMError) in
      for piece in text.pieces {
        let word = UnsafeBufferPointer(rebasing: bytes[piece])
        if cache.append(word, to: &result) { continue }
        let start = result.count
        try encode(word, &nodes, into: &result)
        cache.insert(word, result[start...])
      }
    }
  }

  private func encode(
    _ text: UnsafeBufferPointer<UInt8>, _ nodes: inout [Node], into result: inout [Int]
  ) throws(VLMError) {
    nodes.removeAll(keepingCapacity: true)
    for _ in 0...text.count { nodes.append(Node()) }
    var start = 0
    while start < text.count {
      let here = nodes[start].score
      let length = UTF8Text.length(text[start])
      var hasSingle = false
      trie.forEachPrefix(of: text, from: start) { end, id in
        Self.offer(&nodes[end], score: scores[id] + here, start, id)
        if end - start == length { hasSingle = true }
      }
      if !hasSingle {
        guard let unknownID else { throw missingUnknown() }
        Self.offer(&nodes[start + length], score: unknownScore + here, start, unknownID)
      }
      start += length
    }
    var spans: [Range<Int>] = []
    var end = text.count
    var fusedEnd = -1
    while end > 0 {
      let node = nodes[end]
      let start = Int(node.start)
      if Int(node.id) == unknownID {
        if fusedEnd < 0 { fusedEnd = end }
      } else {
        if fusedEnd >= 0 { spans.append(end..<fusedEnd) }
        fusedEnd = -1
        spans.append(start..<end)
      }
      end = start
    }
    if fusedEnd >= 0 { spans.append(0..<fusedEnd) }
    for span in spans.reversed() {
      try append(UnsafeBufferPointer(rebasing: text[span]), to: &result)
    }
  }

  @inline(__always) private static func offer(_ node: inout Node, score: Double, _ start: Int, _ id: Int) {
    if node.start < 0 || score > node.score {
      node = Node(score: score, start: Int32(start), id: Int32(id))
    }
  }

  private func append(_ span: UnsafeBufferPointer<UInt8>, to result: inout [Int]) throws(VLMError) {
    let id = table.id(span)
    if id >= 0 {
      result.append(id)
    } else if let byteTokens, span.allSatisfy({ byteTokens[Int($0)] >= 0 }) {
      for byte in span { result.append(byteTokens[Int(byte)]) }
    } else if let unknownID {
      result.append(unknownID)
    } else {
      throw missingUnknown()
    }
  }

  private func missingUnknown() -> VLMError {
    VLMError(
      .tokenizerUnknown, "the text has a character that is not in the vocabulary, and there is no unk_id",
      file: file)
  }
}
