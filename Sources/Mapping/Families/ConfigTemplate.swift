package import Files
package import Foundation
internal import Tensors

/// A dialect's own `config.json`, with places for the fields of a `ModelConfiguration`.
///
///     { class_name: "ViTBackbone", config: { hidden_dim: "$.vision.width", patch_size: ["$.vision.patchSize"] } }
///
/// A text that begins with `$.` is a field of the configuration, an object whose only key is an operation is an
/// expression as in `configuration`; all else stands for itself. Members that the configuration has no value for are
/// left out.
struct ConfigTemplate: Sendable {
  private indirect enum Node: Sendable {
    case constant(JSONValue)
    case expression(ConfigurationExpression)
    case array([Node])
    case object([String: Node])
  }

  private let root: Node
  private let file: String

  init(_ value: JSONValue, file: String) throws(VLMError) {
    root = try Self.node(value, file: file, place: "config")
    self.file = file
  }

  private static func node(_ value: JSONValue, file: String, place: String) throws(VLMError) -> Node {
    switch value {
    case .string(let text) where text.hasPrefix("$."):
      return .expression(try ConfigurationExpression(value, file: file, field: place))
    case .array(let values):
      var nodes: [Node] = []
      for value in values { nodes.append(try node(value, file: file, place: place)) }
      return .array(nodes)
    case .object(let members):
      if members.count == 1, let name = members.keys.first,
        ConfigurationExpression.Operation(rawValue: name) != nil
      {
        return .expression(try ConfigurationExpression(value, file: file, field: place))
      }
      var nodes: [String: Node] = [:]
      for (key, value) in members { nodes[key] = try node(value, file: file, place: "\(place).\(key)") }
      return .object(nodes)
    default: return .constant(value)
    }
  }

  /// The object for a configuration.
  func value(_ configuration: ModelConfiguration) throws(VLMError) -> JSONValue {
    let fields = configuration.jsonValue
    let scope = ConfigurationScope(root: fields, section: fields, tensors: [], file: file)
    return try evaluate(root, scope) ?? .null
  }

  private func evaluate(_ node: Node, _ scope: ConfigurationScope) throws(VLMError) -> JSONValue? {
    switch node {
    case .constant(let value): return value
    case .expression(let expression): return try scope.evaluate(expression, field: "config")
    case .array(let nodes):
      var values: [JSONValue] = []
      for node in nodes { if let value = try evaluate(node, scope) { values.append(value) } }
      return .array(values)
    case .object(let nodes):
      var members: [String: JSONValue] = [:]
      for (key, node) in nodes { if let value = try evaluate(node, scope) { members[key] = value } }
      return .object(members)
    }
  }
}

extension JSONValue {
  /// Its members, and those that only `other` has, object by object. Of equal numbers the spelling of `other` stays.
  func over(_ other: JSONValue) -> JSONValue {
    if let number = doubleValue, number == other.doubleValue { return other }
    guard let own = objectValue, let below = other.objectValue else { return self }
    return .object(below.merging(own) { $1.over($0) })
  }

  /// As files have it, members in the order of their names; `nil` where a number in it is none.
  ///
  /// A number that was written with a point keeps it: transformers refuses 1 where it wants 1.0.
  package var fileText: Data? { text(indent: "").map { Data("\($0)\n".utf8) } }

  private func text(indent: String) -> String? {
    let inner = indent + "  "
    func block(_ lines: [String?], _ open: String, _ close: String) -> String? {
      let known = lines.compactMap(\.self)
      guard known.count == lines.count else { return nil }
      return lines.isEmpty ? open + close : "\(open)\n\(inner)" + known.joined(separator: ",\n\(inner)") + "\n\(indent)\(close)"
    }
    switch self {
    case .null: return "null"
    case .bool(let value): return "\(value)"
    case .int(let value): return "\(value)"
    case .double(let value): return value.isFinite ? "\(value)" : nil
    case .string(let value): return value.jsonLiteral
    case .array(let values): return block(values.map { $0.text(indent: inner) }, "[", "]")
    case .object(let members):
      return block(
        members.sorted { $0.key < $1.key }.map { key, value in value.text(indent: inner).map { "\(key.jsonLiteral): \($0)" } }, "{", "}")
    }
  }
}
