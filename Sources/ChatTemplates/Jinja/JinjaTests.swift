internal import Tensors

/// `value is …`
enum JinjaTests {
  static let names: Set<String> = [
    "defined", "undefined", "none", "boolean", "true", "false", "string", "number", "integer", "float",
    "mapping",
    "iterable", "sequence", "callable", "odd", "even", "divisibleby", "equalto", "eq", "==", "ne", "lt",
    "lessthan",
    "gt", "greaterthan", "le", "ge", "in", "lower", "upper", "sameas",
  ]

  static func run(
    _ name: String, _ value: JinjaValue, _ arguments: JinjaArguments, _ renderer: JinjaRenderer
  ) throws(VLMError) -> Bool {
    switch name {
    case "defined", "undefined":
      if case .undefined = value { return name == "undefined" }
      return name == "defined"
    case "none": if case .none = value { return true } else { return false }
    case "boolean": if case .bool = value { return true } else { return false }
    case "true", "false":
      if case .bool(let flag) = value { return flag == (name == "true") } else { return false }
    case "string": if case .string = value { return true } else { return false }
    case "number": return value.numeric != nil
    case "integer": if case .integer = value { return true } else { return false }
    case "float": if case .float = value { return true } else { return false }
    case "mapping": if case .dictionary = value { return true } else { return false }
    case "iterable", "sequence":
      switch value {
      case .string, .list, .tuple, .dictionary, .undefined: return true
      case .loop: return name == "iterable"
      default: return false
      }
    case "callable":
      switch value {
      case .macro, .function, .method: return true
      default: return false
      }
    case "odd", "even", "divisibleby":
      let divisor = name == "divisibleby" ? try renderer.required(arguments, name).whole : 2
      guard let number = value.whole, let divisor, divisor != 0, divisor != -1 else {
        throw renderer.failure("'is \(name)' needs whole numbers")
      }
      return (number % divisor == 0) == (name != "odd")
    case "lower", "upper":
      let text = JinjaText.string(value)
      let hasCase = text.unicodeScalars.contains { $0.properties.isCased }
      return hasCase && text == (name == "lower" ? text.lowercased() : text.uppercased())
    default: return try compare(name, value, try renderer.required(arguments, name), renderer)
    }
  }

  private static func compare(
    _ name: String, _ value: JinjaValue, _ other: JinjaValue, _ renderer: JinjaRenderer
  ) throws(VLMError) -> Bool {
    switch name {
    case "equalto", "eq", "==": value.equals(other)
    case "ne": !value.equals(other)
    case "lt", "lessthan": try renderer.compare(.less, value, other)
    case "gt", "greaterthan": try renderer.compare(.greater, value, other)
    case "le": try renderer.compare(.lessEqual, value, other)
    case "ge": try renderer.compare(.greaterEqual, value, other)
    case "in": try renderer.contains(other, value)
    default: value.typeName == other.typeName && value.equals(other)
    }
  }
}

extension JinjaRenderer {
  /// The first argument, which must be there.
  func required(_ arguments: JinjaArguments, _ name: String) throws(VLMError) -> JinjaValue {
    guard let first = arguments.positional.first ?? arguments.named.first?.value else {
      throw failure("'\(name)' needs an argument")
    }
    return first
  }
}
