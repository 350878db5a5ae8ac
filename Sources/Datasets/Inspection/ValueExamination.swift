internal import Tensors

/// Numbers of all rows of all demonstrations: not finite, never changing, another count than rows, the same recording twice.
struct ValueExamination {
  private struct Column {
    let name: String
    var low = Double.infinity
    var high = -Double.infinity
  }

  private var columns: [String: [Column]] = [:]
  private var notFinite: [(episode: String, place: String)] = []
  private var lengths: [(episode: String, sentence: String)] = []
  /// By what all their numbers are.
  private var recordings: [Fingerprint: [String]] = [:]

  private struct Fingerprint: Hashable {
    var rows: Int
    /// FNV-1a over the bits of all numbers, twice from other beginnings.
    var first: UInt64 = 0xcbf2_9ce4_8422_2325
    var second: UInt64 = 0x8422_2325_cbf2_9ce4

    mutating func add(_ values: [Double]) {
      for value in values {
        first = (first ^ value.bitPattern) &* 0x100_0000_01b3
        second = (second ^ value.bitPattern.byteSwapped) &* 0x100_0000_01b3
      }
    }
  }

  mutating func add(
    _ episode: Int, _ contents: EpisodeDescription, of source: any DemonstrationSource
  ) throws(VLMError) {
    let name = source.name(of: episode)
    for camera in contents.cameras where camera.frames != contents.length {
      lengths.append((name, "\(camera.frames) frames of \(camera.name), but \(contents.length) actions"))
    }
    var fingerprint = Fingerprint(rows: contents.length)
    for values in contents.values {
      if values.rows != contents.length {
        lengths.append((name, "\(values.rows) rows of \(values.name), but \(contents.length) actions"))
      }
      let table = try source.values(values, of: episode)
      fingerprint.add(table)
      var known = columns[values.source] ?? values.columns.map { Column(name: $0) }
      if known.count == values.width {
        for (index, value) in table.enumerated() {
          guard value.isFinite else {
            let column = values.columns[index % values.width]
            notFinite.append((name, "\(values.source), \(column), row \(index / values.width)"))
            break
          }
          known[index % values.width].low = min(known[index % values.width].low, value)
          known[index % values.width].high = max(known[index % values.width].high, value)
        }
        columns[values.source] = known
      }
    }
    // Images are told apart by their pixels: many are labelled alike.
    if !source.isOfImages { recordings[fingerprint, default: []].append(name) }
  }

  var findings: [DataFinding] {
    var findings: [DataFinding] = []
    if let first = notFinite.first {
      findings.append(
        DataFinding(
          "not-finite", .wrong,
          "Numbers that are NaN or infinite: \(first.place) of \(first.episode)"
            + (notFinite.count > 1 ? ", and \(notFinite.count - 1) tables more." : "."),
          episodes: unique(notFinite.map(\.episode)),
          remedy: "mend the recorder, or leave these out with --exclude"))
    }
    if let first = lengths.first {
      findings.append(
        DataFinding(
          "length", .wrong,
          "Parts of a demonstration differ in length: \(first.sentence) in \(first.episode).",
          episodes: unique(lengths.map(\.episode)),
          remedy: "record them again, or leave them out with --exclude"))
    }
    let twice = recordings.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }
    if let first = twice.first {
      findings.append(
        DataFinding(
          "duplicate", .wrong,
          "\(twice.reduce(0) { $0 + $1.count }) demonstrations are recordings of \(twice.count), number for number: "
            + "\(first.prefix(4).joined(separator: ", ")). One would be trained on and the other tested with.",
          episodes: twice.flatMap(\.self), remedy: "keep one of each (--exclude)"))
    }
    for (source, columns) in columns.sorted(by: { $0.key < $1.key }) {
      let still = columns.filter { $0.low == $0.high }
      if !still.isEmpty {
        findings.append(
          DataFinding(
            "constant", .odd,
            "\(source): \(still.count == columns.count ? "no column ever changes" : "\(list(still.map(\.name))) never change")."
          ))
      }
    }
    return findings
  }

  private func unique(_ names: [String]) -> [String] {
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }
  }
}
