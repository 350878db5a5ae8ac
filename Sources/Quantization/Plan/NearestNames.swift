/// Which names somebody may have meant.
package enum NearestNames {
  /// Up to `count` of `candidates`, by edit distance to `text`, only those closer than half of `text`'s
  /// length.
  ///
  /// Runs of digits count as one `*`, so that `vision.blocks.0.x` and `vision.blocks.31.x` are suggested
  /// once. Takes `text.count` x the summed length of the distinct candidates.
  package static func suggestions(for text: String, among candidates: some Sequence<String>, count: Int = 3)
    -> [String]
  {
    let wanted = Array(generalized(text).utf8)
    var distances: [String: Int] = [:]
    for candidate in candidates {
      let name = generalized(candidate)
      if distances[name] == nil { distances[name] = distance(wanted, Array(name.utf8)) }
    }
    return distances.filter { $0.value <= max(2, wanted.count / 2) }
      .sorted { ($0.value, $0.key) < ($1.value, $1.key) }
      .prefix(count).map(\.key)
  }

  /// `name` with every part that is a number replaced by `*`.
  static func generalized(_ name: String) -> String {
    name.split(separator: ".", omittingEmptySubsequences: false)
      .map { !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } ? "*" : String($0) }
      .joined(separator: ".")
  }

  /// Levenshtein distance.
  static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, y) in b.enumerated() {
        let substituted = diagonal + (x == y ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
      }
    }
    return row[b.count]
  }
}
