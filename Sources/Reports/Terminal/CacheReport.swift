package import Features
package import Foundation

/// What a cache of activations holds, and what was removed from it.
package struct CacheReport: Encodable {
  package let directory: String
  /// What it may take.
  package let limitBytes: Int?
  package let bytes: Int
  package let entries: [FeatureStore.Entry]
  package let leftovers: [FeatureStore.Entry]
  package let foreign: [String]
  package let removed: [FeatureStore.Entry]

  package init(
    directory: String, limit: Int?, contents: FeatureStore.Contents, removed: [FeatureStore.Entry] = []
  ) {
    self.directory = directory
    limitBytes = limit
    bytes = contents.bytes
    entries = contents.entries
    leftovers = contents.leftovers
    foreign = contents.foreign
    self.removed = removed
  }

  package func render(on terminal: Terminal, now: Date = Date()) -> String {
    var text = ""
    if !entries.isEmpty {
      var table = TextTable([.name("activations of"), .number("size"), .text("last used"), .number("files")])
      for files in alike {
        table.append([
          .init(files[0].of.flatMap { $0.isEmpty ? nil : $0 } ?? "unknown"),
          .init(Figure.bytes(files.reduce(0) { $0 + $1.bytes })),
          .init(Self.age(now.timeIntervalSince(files[0].lastUsed))), .init(Figure.count(files.count)),
        ])
      }
      text += table.render(on: terminal) + "\n"
    }
    if !removed.isEmpty {
      text +=
        "Removed \(Figure.count(removed.count, "file")), \(Figure.bytes(removed.reduce(0) { $0 + $1.bytes })).\n"
    }
    if !leftovers.isEmpty {
      text +=
        "Runs that were killed left \(Figure.count(leftovers.count, "file")), "
        + "\(Figure.bytes(leftovers.reduce(0) { $0 + $1.bytes })); `vlmtool cache prune` removes them.\n"
    }
    if !foreign.isEmpty {
      text +=
        "Not this tool's, and let alone: \(foreign.prefix(5).joined(separator: ", ").printable)"
        + (foreign.count > 5 ? " and \(foreign.count - 5) more" : "") + ".\n"
    }
    let limit = limitBytes.map { " of at most \(Figure.bytes($0))" } ?? ""
    return text + "\(Figure.bytes(bytes))\(limit) in \(directory.printable)\n"
  }

  /// Files of the same together, most recently used first.
  private var alike: [[FeatureStore.Entry]] {
    var places: [String?: Int] = [:]
    return entries.reversed().reduce(into: []) { groups, entry in
      let place = places[entry.of, default: groups.count]
      places[entry.of] = place
      if place == groups.count { groups.append([]) }
      groups[place].append(entry)
    }
  }

  /// `3 days ago`.
  private static func age(_ seconds: Double) -> String {
    for (unit, length) in [("day", 86_400.0), ("hour", 3600), ("minute", 60)] where seconds >= length {
      return Figure.count(Int(seconds / length), unit) + " ago"
    }
    return "just now"
  }
}
