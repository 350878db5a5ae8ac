internal import Foundation
internal import Tensors

/// How Python writes values: `str`, `repr` and `json.dumps`.
enum JinjaText {
  /// What `{{ value }}` prints.
  static func string(_ value: JinjaValue) -> String {
    switch value {
    case .undefined: ""
    case .string(let text): text
    default: representation(value)
    }
  }

  static func representation(_ value: JinjaValue) -> String {
    switch value {
    case .undefined: return "Undefined"
    case .none: return "None"
    case .bool(let value): return value ? "True" : "False"
    case .integer(let value): return "\(value)"
    case .float(let value): return float(value)
    case .string(let text): return quoted(text)
    case .list(let items): return "[" + items.map(representation).joined(separator: ", ") + "]"
    case .tuple(let items):
      return "(" + items.map(representation).joined(separator: ", ") + (items.count == 1 ? ",)" : ")")
    case .dictionary(let dictionary):
      let entries = dictionary.entries.map { "\(representation($0.key)): \(representation($0.value))" }
      return "{" + entries.joined(separator: ", ") + "}"
    case .namespace: return "<Namespace>"
    case .macro(let macro): return "<Macro '\(macro.definition.name)'>"
    case .function(let name), .method(_, let name): return "<function \(name)>"
    case .loop(let loop): return "<LoopContext \(loop.index + 1)/\(loop.items.count)>"
    }
  }

  /// Python's `repr` of a float: the shortest digits that read back, exponents from 1e16 and below 1e-4.
  static func float(_ value: Double) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    let magnitude = abs(value)
    if magnitude != 0, magnitude < 1e-4 || magnitude >= 1e16 {
      // Swift writes 1e-05 as 1e-05 and 1e16 as 1e+16, as Python does.
      return "\(value)".replacing(".0e", with: "e")
    }
    return "\(value)"
  }

  private static func quoted(_ text: String) -> String {
    let quote: UnicodeScalar = text.contains("'") && !text.contains("\"") ? "\"" : "'"
    var result = String.UnicodeScalarView([quote])
    for scalar in text.unicodeScalars {
      switch scalar {
      case quote, "\\":
        result.append("\\")
        result.append(scalar)
      case "\n": result.append(contentsOf: "\\n".unicodeScalars)
      case "\r": result.append(contentsOf: "\\r".unicodeScalars)
      case "\t": result.append(contentsOf: "\\t".unicodeScalars)
      default:
        if scalar.value < 0x20 || scalar.value == 0x7F {
          result.append(contentsOf: ("\\x" + hex(scalar.value, 2)).unicodeScalars)
        } else {
          result.append(scalar)
        }
      }
    }
    result.append(quote)
    return String(result)
  }

  /// `format` with what `expand` says of `x` in place of every `%x`, and `%` in place of `%%`.
  static func expandingDirectives(
    _ format: String, _ renderer: JinjaRenderer, _ expand: (Unicode.Scalar) throws(VLMError) -> String
  ) throws(VLMError) -> String {
    var result = ""
    var isDirective = false
    for scalar in format.unicodeScalars {
      if isDirective {
        let text = scalar == "%" ? "%" : try expand(scalar)
        try renderer.account(text)
        result += text
        isDirective = false
      } else if scalar == "%" {
        isDirective = true
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    guard !isDirective else { throw renderer.failure("the format ends after a '%'") }
    return result
  }

  static func hex(_ value: UInt32, _ width: Int) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  /// `json.dumps(value, ensure_ascii=False, indent=indent)`; `nil` for what JSON cannot hold.
  static func json(
    _ value: JinjaValue, indent: Int?, depth: Int = 0, _ renderer: JinjaRenderer
  ) throws(VLMError) -> String? {
    let inner = indent.map { "\n" + String(repeating: " ", count: $0 * (depth + 1)) } ?? ""
    let outer = indent.map { "\n" + String(repeating: " ", count: $0 * depth) } ?? ""
    let comma = indent == nil ? ", " : ","
    switch value {
    case .none: return "null"
    case .bool(let value): return value ? "true" : "false"
    case .integer(let value): return "\(value)"
    case .float(let value):
      return value.isNaN ? "NaN" : value.isInfinite ? (value < 0 ? "-Infinity" : "Infinity") : float(value)
    case .string(let text): return text.jsonLiteral
    case .list(let items), .tuple(let items):
      if items.isEmpty { return "[]" }
      var parts: [String] = []
      for item in items {
        guard let part = try json(item, indent: indent, depth: depth + 1, renderer) else { return nil }
        parts.append(inner + part)
      }
      return "[" + (try renderer.joined(parts, by: comma)) + outer + "]"
    case .dictionary(let dictionary):
      if dictionary.entries.isEmpty { return "{}" }
      var parts: [String] = []
      for entry in dictionary.entries {
        guard let name = try jsonKey(entry.key, renderer),
          let part = try json(entry.value, indent: indent, depth: depth + 1, renderer)
        else { return nil }
        parts.append(inner + name.jsonLiteral + ": " + part)
      }
      return "{" + (try renderer.joined(parts, by: comma)) + outer + "}"
    default: return nil
    }
  }

  private static func jsonKey(_ key: JinjaValue, _ renderer: JinjaRenderer) throws(VLMError) -> String? {
    switch key {
    case .string(let text): text
    case .none, .bool, .integer, .float: try json(key, indent: nil, renderer)
    default: nil
    }
  }
}
