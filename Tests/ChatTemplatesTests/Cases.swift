import Files
import Foundation
import Tensors
import TestSupport
import Testing

@testable import ChatTemplates
@testable import Tokenizers

/// What transformers rendered; see `fixtures/oracle/make_templates.py`.
enum Cases {
  struct Case: Sendable, CustomTestStringConvertible {
    let template: String
    let conversation: String
    /// Where in the file; `nil` for those of the language.
    var number: Int?
    /// `nil` where jinja2 raises.
    let expected: String?

    var testDescription: String { "\(template.prefix(60).debugDescription) \(conversation)" }
  }

  static let root = Fixture.url("templates")

  private static let path = root.appending(path: "conversations.json").path
  static let families = try! JSONNode(reading: path)["cases"]!.elements!.enumerated().map { number, node in
    Case(
      template: node["family"]!.stringValue!, conversation: node["conversation"]!.stringValue!, number: number,
      expected: node["text"]?.stringValue)
  }
  static let language = try! JSONNode(reading: root.appending(path: "language.json").path).elements!.map {
    node in
    Case(
      template: node["template"]!.stringValue!, conversation: "two turns", expected: node["text"]?.stringValue)
  }

  /// The file as a template sees it: in its order, which `tojson` writes.
  nonisolated(unsafe) private static let file = try! JSONScanner.scan(fileAt: path, byteLimit: 1 << 20) {
    (scanner) throws(VLMError) in try value(&scanner)
  }

  /// What stands at a path of it, `nil` where there is nothing.
  private static func value(_ keys: [String]) -> JinjaValue? {
    keys.reduce(file) { outer, key in
      switch outer {
      case .dictionary(let members)?: members[.string(key)]
      case .list(let items)?: items[Int(key)!]
      default: nil
      }
    }
  }

  static func messages(_ name: String) -> JinjaValue { value(["conversations", name])! }

  /// The special tokens, and what a case sets.
  static func variables(_ example: Case) -> [String: JinjaValue] {
    var variables: [String: JinjaValue] = [:]
    for keys in [["tokens"], ["cases", "\(example.number!)", "switches"]] {
      guard case .dictionary(let members)? = value(keys) else { continue }
      for entry in members.entries { variables[JinjaText.string(entry.key)] = entry.value }
    }
    return variables
  }

  private static func value(_ scanner: inout JSONScanner) throws(VLMError) -> JinjaValue {
    switch scanner.peek() {
    case UInt8(ascii: "{"):
      var members: [(String, JinjaValue)] = []
      try scanner.object { (scanner, key, _) throws(VLMError) in members.append((key, try value(&scanner))) }
      return .dictionary(JinjaDictionary(members))
    case UInt8(ascii: "["):
      var items: [JinjaValue] = []
      try scanner.array { (scanner) throws(VLMError) in items.append(try value(&scanner)) }
      return .list(items)
    default:
      return switch try JSONValue(&scanner) {
      case .bool(let flag): .bool(flag)
      case .int(let number): .integer(number)
      case .double(let number): Int(exactly: number).map { .integer($0) } ?? .float(number)
      case .string(let text): .string(text)
      case .null, .array, .object: .none
      }
    }
  }
}
