/// Names that differ in indexes only, written as one: `model.layers.{0-27}.mlp.up_proj.weight`.
///
/// An index is a part between dots or slashes that is a number, or the number behind a part's last underscore, as Keras
/// counts layers.
struct NameFolding {
  /// What the names of one fold have in common: the text around the indexes.
  struct Template: Hashable {
    let texts: [String]
  }

  /// Names come from strangers, and folding goes as deep as they have indexes; a real name has three at most.
  private static let mostIndexes = 8

  let template: Template
  let indexes: [Int]

  init(_ name: String) {
    let bytes = Array(name.utf8)
    var texts: [String] = []
    var indexes: [Int] = []
    var literal: [UInt8] = []
    var start = 0
    while start <= bytes.count {
      let end =
        bytes[start...].firstIndex { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/") } ?? bytes.count
      let part = bytes[start..<end]
      let digits = part.reversed().prefix { (0x30...0x39).contains($0) }.count
      let number = part.suffix(digits)
      let before = part.dropLast(digits).last
      let isIndex =
        indexes.count < Self.mostIndexes && (1...9).contains(digits) && (digits == 1 || number.first != 0x30)
        && (before == nil || before == UInt8(ascii: "_"))
      if isIndex {
        literal += part.dropLast(digits)
        texts.append(String(decoding: literal, as: UTF8.self))
        indexes.append(number.reduce(0) { $0 * 10 + Int($1 - 0x30) })
        literal = []
      } else {
        literal += part
      }
      if end < bytes.count { literal.append(bytes[end]) }
      start = end + 1
    }
    texts.append(String(decoding: literal, as: UTF8.self))
    template = Template(texts: texts)
    self.indexes = indexes
  }

  /// The names of one template, by their indexes, in as few lines as say exactly which there are.
  ///
  /// - Returns: for each line its name and the places of its members in `tuples`.
  static func lines(_ template: Template, _ tuples: [[Int]]) -> [(name: String, members: [Int])] {
    folds(tuples.enumerated().map { ($0, $1[...]) }).map { ranges, members in
      var name = template.texts[0]
      for (range, text) in zip(ranges, template.texts.dropFirst()) { name += range + text }
      return (name, members)
    }
  }

  /// Folds the first index over those of its values that have the same indexes behind them.
  private static func folds(_ tuples: [(Int, ArraySlice<Int>)]) -> [(ranges: [String], members: [Int])] {
    guard tuples.first?.1.isEmpty == false else { return [([], tuples.map(\.0))] }
    var rests: [Int: [(Int, ArraySlice<Int>)]] = [:]
    for (member, indexes) in tuples {
      rests[indexes.first!, default: []].append((member, indexes.dropFirst()))
    }
    var classes: [Set<[Int]>: [Int]] = [:]
    for (value, rest) in rests { classes[Set(rest.map { Array($0.1) }), default: []].append(value) }
    return classes.values.map { $0.sorted() }.sorted { $0[0] < $1[0] }.flatMap { values in
      folds(values.flatMap { rests[$0]! }).map { ([range(values)] + $0.ranges, $0.members.sorted()) }
    }
  }

  /// `7`, `{0-27}`, `{0-3,5,7-9}`.
  static func range(_ values: [Int]) -> String {
    guard values.count > 1 else { return "\(values[0])" }
    var runs: [ClosedRange<Int>] = []
    for value in values {
      if let last = runs.last, value == last.upperBound + 1 {
        runs[runs.count - 1] = last.lowerBound...value
      } else {
        runs.append(value...value)
      }
    }
    let texts = runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
    return "{" + texts.joined(separator: ",") + "}"
  }
}
