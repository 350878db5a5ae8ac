import Foundation
import TestSupport
import Testing

@testable import ChatTemplates
@testable import Tokenizers

/// What transformers rendered; see `fixtures/oracle/make_templates.py`.
enum Cases {
  struct Case: Sendable, CustomTestStringConvertible {
    let template: String
    let conversation: String
    let variables: JSONNode?
    /// `nil` where jinja2 raises.
    let expected: String?

    var testDescription: String { "\(template.prefix(60).debugDescription) \(conversation)" }
  }

  static let root = Fixture.url("templates")

  static let conversations = try! JSONNode(reading: root.appending(path: "conversations.json").path)
  static let families = conversations["cases"]!.elements!.map { node in
    Case(
      template: node["family"]!.stringValue!, conversation: node["conversation"]!.stringValue!,
      variables: node["switches"], expected: node["text"]?.stringValue)
  }
  static let language = try! JSONNode(reading: root.appending(path: "language.json").path).elements!.map {
    node in
    Case(
      template: node["template"]!.stringValue!, conversation: "two turns", variables: nil,
      expected: node["text"]?.stringValue)
  }

  /// A conversation of the file as a template sees it.
  static func messages(_ name: String) -> JinjaValue { value(conversations["conversations"]![name]!.value) }

  static func value(_ value: JSONNode.Value) -> JinjaValue {
    switch value {
    case .null: .none
    case .bool(let flag): .bool(flag)
    case .number(let number): Int(exactly: number).map { .integer($0) } ?? .float(number)
    case .string(let text): .string(text)
    case .array(let items): .list(items.map { Self.value($0) })
    case .object(let members): .dictionary(JinjaDictionary(members.map { ($0.key, Self.value($0.value)) }))
    }
  }

  static func members(_ node: JSONNode?) -> [String: JinjaValue] {
    guard case .object(let members)? = node?.value else { return [:] }
    return Dictionary(members.map { ($0.key, value($0.value)) }) { $1 }
  }
}
