/// A text cut into pieces: what goes from one pre-tokenizer to the next.
struct PieceText {
  var bytes: [UInt8]
  /// Ascending, not overlapping, none empty.
  var pieces: [Range<Int>]
  /// Whether the first piece begins where the whole input began: `Metaspace` may treat it differently.
  var beginsInput: Bool

  init(_ bytes: [UInt8], beginsInput: Bool) {
    self.bytes = bytes
    self.pieces = bytes.isEmpty ? [] : [0..<bytes.count]
    self.beginsInput = beginsInput
  }

  init(reserving capacity: Int, beginsInput: Bool) {
    bytes = []
    bytes.reserveCapacity(capacity)
    pieces = []
    self.beginsInput = beginsInput
  }

  /// Replaces the cuts; a first piece that starts later no longer begins the input.
  mutating func recut(_ cuts: [Range<Int>]) {
    if cuts.first?.lowerBound != pieces.first?.lowerBound { beginsInput = false }
    pieces = cuts
  }

  /// Ends the piece that began at `start` with what has been appended since.
  mutating func closePiece(from start: Int) {
    if bytes.count > start { pieces.append(start..<bytes.count) }
  }
}
