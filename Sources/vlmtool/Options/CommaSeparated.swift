import ArgumentParser

/// Values of a closed set written as `vision,projector`.
struct CommaSeparated<Element: ExpressibleByArgument & CaseIterable & Sendable>: ExpressibleByArgument,
  Sendable
{
  let values: [Element]

  init(_ values: Element...) { self.values = values }

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let values = parts.compactMap { Element(argument: String($0)) }
    guard !values.isEmpty, values.count == parts.count else { return nil }
    self.values = values
  }

  var defaultValueDescription: String { values.map(\.defaultValueDescription).joined(separator: ",") }

  static var allValueStrings: [String] { Element.allValueStrings }

  static var defaultCompletionKind: CompletionKind {
    .custom { _, _, word in
      let typed = word.split(separator: ",", omittingEmptySubsequences: false).dropLast().map(String.init)
      return allValueStrings.filter { !typed.contains($0) }.map { (typed + [$0]).joined(separator: ",") }
    }
  }
}
