internal import Foundation

/// Which names somebody may have meant.
package enum NearestNames {
  /// `did you mean "x"?` for the closest of `names`, when one is close enough to be a slip.
  package static func suggestion(for name: String, among names: some Sequence<String>) -> String? {
    nearest(to: name, among: names).map { "did you mean \"\($0)\"?" }
  }

  /// The closest of `names`, at most a third of `name`'s length away (two letters in short ones); the first by
  /// alphabet among several as close. Takes `name.count` x the summed length of the candidates.
  package static func nearest(to name: String, among names: some Sequence<String>) -> String? {
    let wanted = Array(name.utf8)
    let limit = max(2, wanted.count / 3)
    return names.compactMap { candidate in
      // Two letters of two are no likeness.
      distance(wanted, Array(candidate.utf8), limit: min(limit, max(wanted.count, candidate.utf8.count) - 1))
        .map { (distance: $0, name: candidate) }
    }.min { ($0.distance, $0.name) < ($1.distance, $1.name) }?.name
  }

  /// `did you mean "folder/x"?` for a path of which there is nothing, by what lies beside its first part that is missing.
  package static func suggestion(forPath path: String) -> String? {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    let files = FileManager.default
    let found = parts.indices.prefix {
      files.fileExists(atPath: $0 == 0 && parts[0].isEmpty ? "/" : parts[...$0].joined(separator: "/"))
    }.count
    guard found < parts.count else { return nil }
    let folder = found == 0 ? "." : parts[..<found].joined(separator: "/") + "/"
    let names = (try? files.contentsOfDirectory(atPath: folder)) ?? []
    guard let near = nearest(to: parts[found], among: names) else { return nil }
    let rest = [near] + parts[(found + 1)...]
    let whole = (parts[..<found] + rest).joined(separator: "/")
    let meant = files.fileExists(atPath: whole) ? whole : (parts[..<found] + [near]).joined(separator: "/")
    return "did you mean \"\(meant)\"?"
  }

  /// Up to `count` of `candidates`, nearest first, only those closer than half of `text`'s length.
  ///
  /// Parts that are numbers count as one `*`, so that `vision.blocks.0.x` and `vision.blocks.31.x` are suggested
  /// once. Takes `text.count` x the summed length of the distinct candidates.
  package static func patterns(for text: String, among candidates: some Sequence<String>, count: Int = 3)
    -> [String]
  {
    let wanted = Array(generalized(text).utf8)
    return Set(candidates.map(generalized)).compactMap { name in
      distance(wanted, Array(name.utf8), limit: max(2, wanted.count / 2)).map { (distance: $0, name: name) }
    }.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(count).map(\.name)
  }

  /// `name` with every part that is a number replaced by `*`.
  package static func generalized(_ name: String) -> String {
    name.split(separator: ".", omittingEmptySubsequences: false)
      .map { !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } ? "*" : String($0) }
      .joined(separator: ".")
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
