internal import Foundation
internal import Tensors

/// `value | …`
enum JinjaFilters {
  static let names: Set<String> = [
    "trim", "length", "count", "upper", "lower", "title", "capitalize", "default", "d", "join", "replace",
    "first",
    "last", "list", "string", "int", "float", "tojson", "items", "dictsort", "selectattr", "rejectattr",
    "select",
    "reject", "map", "reverse", "sort", "unique", "sum", "min", "max", "abs", "round", "indent", "safe",
    "escape", "e",
  ]

  static func run(
    _ name: String, _ value: JinjaValue, _ arguments: JinjaArguments, _ renderer: JinjaRenderer
  ) throws(VLMError) -> JinjaValue {
    if name != "default", name != "d" { try renderer.weigh(value) }
    switch name {
    case "default", "d":
      let replacesFalse = arguments.value(1, "boolean")?.isTrue ?? false
      let fallback = arguments.value(0, "default_value") ?? .string("")
      if case .undefined = value { return fallback }
      return replacesFalse && !value.isTrue ? fallback : value
    case "string", "safe": return .string(JinjaText.string(value))
    case "trim":
      return .string(
        JinjaMethods.strip(
          JinjaText.string(value), try arguments.string(0, "chars", renderer), left: true, right: true))
    case "upper": return .string(JinjaText.string(value).uppercased())
    case "lower": return .string(JinjaText.string(value).lowercased())
    case "title": return .string(titled(JinjaText.string(value)))
    case "capitalize":
      return try JinjaMethods.call(name, on: .string(JinjaText.string(value)), JinjaArguments(), renderer)
    case "replace":
      return try JinjaMethods.call("replace", on: .string(JinjaText.string(value)), arguments, renderer)
    case "escape", "e": return .string(JinjaText.string(value).markupEscaped)
    case "indent": return .string(try indented(JinjaText.string(value), arguments, renderer))
    case "tojson":
      for (index, option) in [(0, "ensure_ascii"), (2, "separators"), (3, "sort_keys")] {
        if arguments.value(index, option)?.isTrue ?? false {
          throw renderer.failure("tojson's '\(option)' is not supported")
        }
      }
      let indent = try arguments.whole(1, "indent", renderer)
      guard (indent ?? 0) >= 0, (indent ?? 0) <= 100 else {
        throw renderer.failure("tojson needs an indent up to 100")
      }
      guard let text = try JinjaText.json(value, indent: indent, renderer) else {
        throw renderer.failure("a value of type \(value.typeName) cannot be written as JSON")
      }
      try renderer.account(text)
      return .string(text)
    case "abs", "int", "float", "round": return try number(name, value, arguments, renderer)
    default: return try JinjaSequences.run(name, value, arguments, renderer)
    }
  }

  private static func number(
    _ name: String, _ value: JinjaValue, _ arguments: JinjaArguments, _ renderer: JinjaRenderer
  ) throws(VLMError) -> JinjaValue {
    switch name {
    case "int":
      if let whole = value.whole { return .integer(whole) }
      if case .float(let number) = value, let whole = Int(exactly: number.rounded(.towardZero)) {
        return .integer(whole)
      }
      if case .string(let text) = value {
        let trimmed = JinjaMethods.strip(text, nil, left: true, right: true)
        if let whole = Int(trimmed) { return .integer(whole) }
        if let number = Double(trimmed), let whole = Int(exactly: number.rounded(.towardZero)) {
          return .integer(whole)
        }
      }
      return arguments.value(0, "default") ?? .integer(0)
    case "float":
      if let number = value.numeric { return .float(number) }
      if case .string(let text) = value,
        let number = Double(JinjaMethods.strip(text, nil, left: true, right: true))
      {
        return .float(number)
      }
      return arguments.value(0, "default") ?? .float(0)
    case "abs":
      if let whole = value.whole, whole != .min { return .integer(abs(whole)) }
      if case .float(let number) = value { return .float(abs(number)) }
    default:
      if let number = value.numeric {
        let precision = min(max(try arguments.whole(0, "precision", renderer) ?? 0, -300), 300)
        let scale = pow(10, Double(precision))
        let rule: FloatingPointRoundingRule =
          switch try arguments.string(1, "method", renderer) ?? "common" {
          case "ceil": .up
          case "floor": .down
          default: .toNearestOrEven
          }
        return .float((number * scale).rounded(rule) / scale)
      }
    }
    throw renderer.failure("'\(name)' needs a number, not \(value.typeName)")
  }

  /// Words begin after white space, hyphens and opening brackets; not after an apostrophe, unlike Python's `title()`.
  private static func titled(_ text: String) -> String {
    var result = ""
    var beginsWord = true
    for scalar in text.unicodeScalars {
      result += beginsWord ? String(scalar).uppercased() : String(scalar).lowercased()
      beginsWord = scalar.properties.isWhitespace || "-({[<".unicodeScalars.contains(scalar)
    }
    return result
  }

  /// Every line but the first indented, blank ones only when asked.
  private static func indented(
    _ text: String, _ arguments: JinjaArguments, _ renderer: JinjaRenderer
  ) throws(VLMError) -> String {
    var indention = "    "
    if case .string(let given) = arguments.value(0, "width") {
      indention = given
    } else if let width = try arguments.whole(0, "width", renderer) {
      guard (0...1000).contains(width) else { throw renderer.failure("'indent' needs a width up to 1000") }
      indention = String(repeating: " ", count: width)
    }
    let isFirst = arguments.value(1, "first")?.isTrue ?? false
    let isBlank = arguments.value(2, "blank")?.isTrue ?? false
    let lines = JinjaMethods.split(text, "\n")
    try renderer.account(copies: lines.count, of: indention)
    var result = ""
    for (index, line) in lines.enumerated() {
      if index > 0 { result += "\n" }
      if index == 0 ? isFirst : (isBlank || !line.isEmpty) { result += indention }
      result += line
    }
    try renderer.account(text)
    return result
  }
}
