internal import Foundation

extension CheckpointDiff {
  /// `Vision encoder bit-identical, projector bit-identical, language changed 3.1 %; 2 parameters only in the second.`
  static func sentence(
    _ components: [Group], _ parameters: [Parameter], _ resized: [Resized], _ onlyInFirst: [String],
    _ onlyInSecond: [String]
  ) -> String {
    var text = components.map { group in
      let members = parameters.filter { $0.component.rawValue == group.name }
      return "\(words[group.name] ?? group.name) \(verdict(group, members))"
    }.joined(separator: ", ")
    if !resized.isEmpty { text += "; \(count(resized.count)) resized" }
    if !onlyInFirst.isEmpty { text += "; \(count(onlyInFirst.count)) only in the first" }
    if !onlyInSecond.isEmpty { text += "; \(count(onlyInSecond.count)) only in the second" }
    return text.prefix(1).uppercased() + text.dropFirst() + "."
  }

  static let words = [
    "vision": "vision encoder", "projector": "projector", "language": "language", "other": "other parameters",
  ]

  private static func count(_ number: Int) -> String { number == 1 ? "1 parameter" : "\(number) parameters" }

  static func verdict(_ group: Group, _ members: [Parameter]) -> String {
    switch group.likeness {
    case .identical: group.likeness.word
    case .equal: "\(group.likeness.word) \(conversion(members))"
    case .rounded: "changed by rounding only\(dtypes(members, .rounded)), \(percent(group.figures.relative))"
    case .changed: "\(group.likeness.word) \(percent(group.figures.relative))"
    }
  }

  /// What makes parameters of equal values differ in their bits.
  private static func conversion(_ members: [Parameter]) -> String {
    members.contains { $0.likeness == .equal && $0.dtypes[0] == $0.dtypes[1] }
      ? "in value, not in bits" : "after conversion\(dtypes(members, .equal))"
  }

  /// ` from BF16 to F32`, where that holds of all parameters of a likeness; else nothing.
  private static func dtypes(_ members: [Parameter], _ likeness: Likeness) -> String {
    let pairs = Set(members.filter { $0.likeness == likeness }.map(\.dtypes))
    guard pairs.count == 1, let pair = pairs.first, pair[0] != pair[1] else { return "" }
    return " from \(pair[0]) to \(pair[1])"
  }

  /// `3.1 %`, `0.0012 %`, `140 %`: two significant digits, however small.
  package static func percent(_ relative: Double?) -> String {
    guard let relative else { return "beyond measure" }
    let value = relative * 100
    guard value > 0 else { return "0 %" }
    let places = max(0, 1 - Int(log10(value).rounded(.down)))
    return places > 8 ? String(format: "%.1e %%", value) : String(format: "%.\(places)f %%", value)
  }
}
