internal import Foundation

extension CheckpointDiff {
  /// `Vision encoder identical, projector identical, language changed 3.1 %; 2 parameters only in the second.`
  static func sentence(
    _ components: [Group], _ resized: [Resized], _ onlyInFirst: [String], _ onlyInSecond: [String]
  ) -> String {
    var text = components.map { "\(words[$0.name] ?? $0.name) \(verdict($0))" }.joined(separator: ", ")
    if !resized.isEmpty { text += "; \(count(resized.count)) resized" }
    if !onlyInFirst.isEmpty { text += "; \(count(onlyInFirst.count)) only in the first" }
    if !onlyInSecond.isEmpty { text += "; \(count(onlyInSecond.count)) only in the second" }
    return text.prefix(1).uppercased() + text.dropFirst() + "."
  }

  private static let words = [
    "vision": "vision encoder", "projector": "projector", "language": "language", "other": "other parameters",
  ]

  private static func count(_ number: Int) -> String { number == 1 ? "1 parameter" : "\(number) parameters" }

  private static func verdict(_ group: Group) -> String {
    switch group.likeness {
    case .identical: return "identical"
    case .equal: return "equal in value"
    case .rounded: return "changed by rounding only, \(percent(group.figures.relative))"
    case .changed: return "changed \(percent(group.figures.relative))"
    }
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
