internal import Tensors

/// sentencepiece's white space: a space becomes `▁`, one is put before the text, and words begin with it.
struct Metaspace: Sendable {
  enum PrependScheme: String, Sendable {
    case always, first, never
  }

  let replacement: [UInt8]
  let scheme: PrependScheme
  let splits: Bool

  /// `{"replacement", "prepend_scheme", "split"}`; older files say `add_prefix_space` instead of the scheme.
  init(_ node: JSONNode) throws(VLMError) {
    replacement = Array(String(try node.required("replacement").scalar()).utf8)
    splits = try node.bool("split", default: true)
    if let given = node["prepend_scheme"] {
      guard let scheme = PrependScheme(rawValue: try given.string()) else {
        throw given.failure("should be always, first or never", code: .tokenizerKind)
      }
      self.scheme = scheme
    } else {
      scheme = try node.bool("add_prefix_space", default: true) ? .always : .never
    }
  }

  func apply(to text: inout PieceText) {
    var result = PieceText(reserving: text.bytes.count * 3 / 2, beginsInput: text.beginsInput)
    text.bytes.withUnsafeBufferPointer { bytes in
      for (index, piece) in text.pieces.enumerated() {
        let start = result.bytes.count
        let isFirst = text.beginsInput && index == 0
        let startsWithOne =
          bytes[piece.lowerBound] == 0x20
          || bytes[piece].starts(with: replacement)
        if scheme == .always || (scheme == .first && isFirst), !startsWithOne { result.bytes += replacement }
        for byte in bytes[piece] {
          if byte == 0x20 { result.bytes += replacement } else { result.bytes.append(byte) }
        }
        result.closePiece(from: start)
      }
    }
    text = result
    if splits { split(&text) }
  }

  private func split(_ text: inout PieceText) {
    var cutter = SplitBehavior.Cutter(.mergedWithNext)
    text.bytes.withUnsafeBufferPointer { bytes in
      for piece in text.pieces {
        var position = piece.lowerBound
        while position + replacement.count <= piece.upperBound {
          if bytes[position] == replacement[0], bytes[position...].starts(with: replacement) {
            cutter.match(position..<position + replacement.count, in: piece)
            position += replacement.count
          } else {
            position += 1
          }
        }
        cutter.finish(piece)
      }
    }
    text.recut(cutter.cuts)
  }
}
