import ArgumentParser

/// Values of a closed set written as `vision,projector`.
struct CommaSeparated<Element: ExpressibleByArgument & CaseIterable & Sendable>: ExpressibleByArgument,
  Sendable
{
  let values: [Element]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let values = parts.compactMap { Element(argument: String($0)) }
    guard !values.isEmpty, values.count == parts.count else { return nil }
    self.values = values
  }

  static var allValueStrings: [String] { Element.allValueStrings }

  static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }
}
