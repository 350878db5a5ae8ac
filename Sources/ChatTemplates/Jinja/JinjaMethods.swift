internal import Tensors

/// The methods of Python's texts, dictionaries and lists that templates call; none changes its object, as in the sandbox.
enum JinjaMethods {
  static let ofStrings: Set<String> = [
    "strip", "lstrip", "rstrip", "split", "rsplit", "splitlines", "startswith", "endswith", "replace",
    "upper", "lower",
    "title", "capitalize", "join", "find", "index", "count", "isdigit", "isalpha", "isalnum", "isspace",
    "isupper",
    "islower", "removeprefix", "removesuffix", "partition", "format",
  ]
  static let ofDictionaries: Set<String> = ["get", "items", "keys", "values"]
  static let ofLists: Set<String> = ["index", "count"]

  static func call(
    _ name: String, on receiver: JinjaValue, _ arguments: JinjaArguments, _ renderer: JinjaRenderer
  ) throws(VLMError) -> JinjaValue {
    if case .dictionary = receiver {} else { try renderer.weigh(receiver) }
    switch receiver {
    case .string(let text): return try call(name, on: text, arguments, renderer)
    case .dictionary(let dictionary):
      switch name {
      case "items": return .list(dictionary.entries.map { .tuple([$0.key, $0.value]) })
      case "keys": return .list(dictionary.entries.map(\.key))
      case "values": return .list(dictionary.entries.map(\.value))
      default:
        try renderer.account(lookingUpAmong: dictionary.entries.count)
        let key = try renderer.required(arguments, "get")
        return dictionary[key] ?? arguments.value(1, "default") ?? .none
      }
    case .loop(let loop):
      if name == "cycle" {
        guard !arguments.positional.isEmpty else { throw renderer.failure("'cycle' needs values") }
        return arguments.positional[loop.index % arguments.positional.count]
      }
      for value in arguments.positional { try renderer.weigh(value) }
      defer { loop.lastChanged = arguments.positional }
      return .bool(
        !(loop.lastChanged.map { JinjaValue.list($0).equals(.list(arguments.positional)) } ?? false))
    default:
      let items = receiver.items ?? []
      let wanted = try renderer.required(arguments, name)
      if name == "count" { return .integer(items.count { $0.equals(wanted) }) }
      guard let index = items.firstIndex(where: { $0.equals(wanted) }) else {
        throw renderer.failure("the item is not in the list")
      }
      return .integer(index)
    }
  }

  private static func call(
    _ name: String, on text: String, _ arguments: JinjaArguments, _ renderer: JinjaRenderer
  ) throws(VLMError) -> JinjaValue {
    func first(_ parameter: String) throws(VLMError) -> String {
      guard let value = try arguments.string(0, parameter, renderer) else {
        throw renderer.failure("'\(name)' needs a text")
      }
      return value
    }
    let scalars = Array(text.unicodeScalars)
    for case .string(let text) in arguments.positional { try renderer.weigh(.string(text)) }
    switch name {
    case "upper": return .string(text.uppercased())
    case "lower": return .string(text.lowercased())
    case "title": return .string(titled(text))
    case "capitalize": return .string(String(text.prefix(1)).uppercased() + text.dropFirst().lowercased())
    case "strip", "lstrip", "rstrip":
      let characters = try arguments.string(0, "chars", renderer)
      return .string(strip(text, characters, left: name != "rstrip", right: name != "lstrip"))
    case "split", "rsplit":
      let limit = try arguments.whole(1, "maxsplit", renderer) ?? -1
      guard let separator = try arguments.string(0, "sep", renderer) else {
        return try renderer.list(words(scalars, limit: limit, fromRight: name == "rsplit"))
      }
      guard !separator.isEmpty else {
        throw renderer.failure("'\(name)' needs a separator that is not empty")
      }
      return try renderer.list(split(text, separator, limit: limit, fromRight: name == "rsplit"))
    case "splitlines":
      var lines = split(text.replacing("\r\n", with: "\n").replacing("\r", with: "\n"), "\n")
      if lines.last == "" { lines.removeLast() }
      return try renderer.list(lines)
    case "startswith", "endswith":
      let options = try renderer.required(arguments, name)
      for option in options.items ?? [options] {
        guard case .string(let part) = option else { throw renderer.failure("'\(name)' needs a text") }
        let other = Array(part.unicodeScalars)
        if name == "startswith"
          ? scalars.starts(with: other) : scalars.reversed().starts(with: other.reversed())
        {
          return .bool(true)
        }
      }
      return .bool(false)
    case "replace":
      guard let new = try arguments.string(1, "new", renderer) else {
        throw renderer.failure("'replace' needs two texts")
      }
      return .string(
        try replaced(
          scalars, Array(try first("old").unicodeScalars), new,
          try arguments.whole(2, "count", renderer), renderer))
    case "join":
      let items = try renderer.iterated(try renderer.required(arguments, name))
      var parts: [String] = []
      for item in items {
        guard case .string(let part) = item else {
          throw renderer.failure("'join' needs texts, not \(item.typeName)")
        }
        parts.append(part)
      }
      return .string(try renderer.joined(parts, by: text))
    case "find", "index":
      let found = firstIndex(of: try first("sub"), in: scalars)
      if found == nil, name == "index" { throw renderer.failure("the text is not found") }
      return .integer(found ?? -1)
    case "count":
      let part = try first("sub")
      return .integer(occurrences(of: Array(part.unicodeScalars), in: scalars, limit: .max).count)
    case "removeprefix", "removesuffix":
      let part = Array(try first("part").unicodeScalars)
      if name == "removeprefix", scalars.starts(with: part) {
        return .string(string(scalars.dropFirst(part.count)))
      }
      if name == "removesuffix", scalars.reversed().starts(with: part.reversed()) {
        return .string(string(scalars.dropLast(part.count)))
      }
      return .string(text)
    case "partition":
      let separator = try first("sep")
      guard !separator.isEmpty else { throw renderer.failure("'partition' needs a separator that is not empty") }
      let parts = split(text, separator, limit: 1)
      return .tuple(
        parts.count == 2
          ? [.string(parts[0]), .string(separator), .string(parts[1])]
          : [.string(text), .string(""), .string("")])
    case "format": return .string(try braceFormat(text, arguments, renderer))
    default: return .bool(isKind(name, scalars))
    }
  }

  static func string(_ scalars: some Sequence<UnicodeScalar>) -> String {
    String(String.UnicodeScalarView(scalars))
  }

  /// `isdigit` and the like: true of every character, and there is one.
  private static func isKind(_ name: String, _ scalars: [UnicodeScalar]) -> Bool {
    if name == "isupper" || name == "islower" {
      let cased = scalars.filter(\.properties.isCased)
      return !cased.isEmpty
        && cased.allSatisfy { name == "isupper" ? $0.properties.isUppercase : $0.properties.isLowercase }
    }
    return !scalars.isEmpty
      && scalars.allSatisfy { scalar in
        let isDigit = scalar.properties.numericType == .decimal || scalar.properties.numericType == .digit
        return switch name {
        case "isdigit": isDigit
        case "isspace": scalar.properties.isWhitespace
        case "isalpha": scalar.properties.isAlphabetic
        default: isDigit || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
        }
      }
  }
}
