/// Finds the name somebody probably meant.
enum NearestName {
  /// `did you mean "x"?` for the closest of `names`, when one is close enough to be a slip.
  static func suggestion(for name: String, among names: some Sequence<String>) -> String? {
    nearest(to: name, among: names).map { "did you mean \"\($0)\"?" }
  }

  /// The closest of `names`, at most a third of its length away.
  static func nearest(to name: String, among names: some Sequence<String>) -> String? {
    var best: (name: String, distance: Int)?
    for candidate in names {
      let limit = min(best.map { $0.distance - 1 } ?? Int.max, max(2, name.utf8.count / 3))
      if let distance = distance(Array(name.utf8), Array(candidate.utf8), limit: limit) {
        best = (candidate, distance)
      }
    }
    return best?.name
  }

  /// Levenshtein's distance, `nil` when it is over `limit`.
  private static func distance(_ one: [UInt8], _ two: [UInt8], limit: Int) -> Int? {
    guard abs(one.count - two.count) <= limit else { return nil }
    var row = Array(0...two.count)
    for (i, byte) in one.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      var smallest = row[0]
      for (j, other) in two.enumerated() {
        let next = min(row[j + 1] + 1, row[j] + 1, diagonal + (byte == other ? 0 : 1))
        diagonal = row[j + 1]
        row[j + 1] = next
        smallest = min(smallest, next)
      }
      if smallest > limit { return nil }
    }
    return row[two.count] <= limit ? row[two.count] : nil
  }
}
