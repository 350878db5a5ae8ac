/// Names and values, one pair a line.
package struct FactList: Sendable {
  private var facts: [(String, Markup)] = []

  package init() {}

  package mutating func add(_ name: String, _ value: String) { facts.append((name, .text(value))) }

  package mutating func add(_ name: String, code value: String) {
    facts.append((name, tag("code", [.text(value)])))
  }

  package var markup: Markup {
    tag("dl", ["class": "facts"], facts.flatMap { [tag("dt", [.text($0)]), tag("dd", [$1])] })
  }
}
