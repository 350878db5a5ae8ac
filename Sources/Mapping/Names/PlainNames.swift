internal import Tensors

/// The names of a checkpoint's tensors, and what they are without the pieces that wrappers put into them.
struct PlainNames: Sendable {
  /// A piece taken out, and of how many names.
  struct Removal: Sendable { let piece: WrapperPiece; let count: Int }

  let stored: [String]
  /// In the order of `stored`; no two are the same.
  private(set) var plain: [String]
  private(set) var removals: [Removal] = []
  /// Two pieces of which either could be taken out, with different results.
  private(set) var rivals: (WrapperPiece, WrapperPiece)?

  init(_ stored: [String]) {
    self.stored = stored
    plain = stored
  }

  /// Takes `piece` out of all names that have it, or of those at `places`.
  ///
  /// - Returns: two stored names that would become the same, and nothing is changed then.
  mutating func remove(_ piece: WrapperPiece, at places: [Int]? = nil) -> (String, String)? {
    var result = plain
    var count = 0
    var heads: Set<String?> = []
    for place in places ?? Array(plain.indices) {
      guard let name = piece.removed(from: plain[place]) else { continue }
      heads.insert(piece.head ?? piece.onlyHead(in: plain[place]))
      result[place] = name
      count += 1
    }
    guard count > 0 else { return nil }
    var owner: [String: Int] = [:]
    for (place, name) in result.enumerated() {
      if let other = owner.updateValue(place, forKey: name) { return (stored[other], stored[place]) }
    }
    plain = result
    let head = heads.count == 1 ? heads.first! : nil
    removals.append(Removal(piece: WrapperPiece(head: head, piece: piece.piece), count: count))
    return nil
  }

  // MARK: Finding what to take out

  /// Most pieces taken out beside those of `WrapperPiece.modules`: towers may have been moved one by one.
  private static let mostPieces = 3

  /// Takes out what makes the names known to a family file.
  ///
  /// First the modules that wrap others under names of their own; then, as long as some names are unknown, the piece whose removal makes most
  /// of them known. A piece counts when most of the unknown names that have it become known by it, and they are not just a few. Names
  /// that are known as they are stay.
  func findingWrappers(_ file: FamilyFile) -> PlainNames {
    var names = self
    for module in WrapperPiece.modules { _ = names.remove(module) }
    for _ in 0..<Self.mostPieces {
      let unknown = names.plain.indices.filter { !file.knows(names.plain[$0]) }
      let candidates = names.candidates(file, unknown)
      guard let best = candidates.first else { break }
      if let rival = candidates.dropFirst().first(where: { $0.contradicts(best) }) {
        names.rivals = (best.piece, rival.piece)
        break
      }
      guard names.remove(best.piece, at: Array(best.names.keys)) == nil else { break }
    }
    return names
  }

  /// A piece, and the names that are known without it.
  private struct Candidate {
    let piece: WrapperPiece
    let names: [Int: String]

    /// Whether the two give a name two meanings, or a meaning two names, and neither is clearly the better.
    func contradicts(_ best: Candidate) -> Bool {
      let clash =
        names.count { best.names[$0] != nil && best.names[$0] != $1 }
        + Set(names.values).intersection(best.names.filter { names[$0.key] == nil }.values).count
      return clash * 10 >= best.names.count * 9
    }
  }

  /// Pieces that make names known, the one that does most first.
  private func candidates(_ file: FamilyFile, _ unknown: [Int]) -> [Candidate] {
    let isUnknown = Set(unknown)
    let taken = Set(plain.indices.lazy.filter { !isUnknown.contains($0) }.map { plain[$0] })
    var keys: Set<String> = []
    var pieces: Set<WrapperPiece> = []
    for place in unknown where keys.insert(DigitRuns(plain[place]).key).inserted {
      for piece in Self.pieces(of: plain[place]) where !pieces.contains(piece) {
        if let name = piece.removed(from: plain[place]), file.knows(name) { pieces.insert(piece) }
      }
    }
    return pieces.compactMap { piece in
      var known: [Int: String] = [:]
      var others = 0
      for place in unknown {
        guard let name = piece.removed(from: plain[place]) else { continue }
        if file.knows(name), !taken.contains(name) { known[place] = name } else { others += 1 }
      }
      let isPlenty = known.count > others && known.count * 20 >= plain.count
      return isPlenty ? Candidate(piece: piece, names: known) : nil
    }.sorted { one, other in
      (other.names.count, one.piece.head!.count, one.piece.piece.count, one.piece.piece)
        < (one.names.count, other.piece.head!.count, other.piece.piece.count, other.piece.piece)
    }
  }

  /// Every run of a name's components but the last, each as a piece after what precedes it.
  private static func pieces(of name: String) -> [WrapperPiece] {
    let ends = name.utf8.indices.filter { name.utf8[$0] == UInt8(ascii: ".") || name.utf8[$0] == UInt8(ascii: "/") }
      .prefix(8).map { name.utf8.index(after: $0) }
    let cuts = [name.startIndex] + ends
    return cuts.indices.flatMap { head in
      cuts[(head + 1)...].map {
        WrapperPiece(head: String(name[..<cuts[head]]), piece: String(name[cuts[head]..<$0]))
      }
    }
  }
}

extension FamilyFile {
  /// Whether a rule claims or ignores a source tensor of that name.
  func knows(_ name: String) -> Bool { rule(forSource: name) != nil || ignoreReason(forSource: name) != nil }
}
