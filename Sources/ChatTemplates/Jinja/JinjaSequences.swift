internal import Tensors

/// Filters that take lists, dictionaries or the characters of a text.
enum JinjaSequences {
  static func run(
    _ name: String, _ value: JinjaValue, _ arguments: JinjaArguments, _ renderer: JinjaRenderer
  ) throws(VLMError) -> JinjaValue {
    switch name {
    case "length", "count":
      guard let count = length(value) else {
        throw renderer.failure("a value of type \(value.typeName) has no length")
      }
      return .integer(count)
    case "items", "dictsort":
      if case .undefined = value, name == "items" { return .list([]) }
      guard case .dictionary(let dictionary) = value else {
        throw renderer.failure("'\(name)' needs a dictionary, not \(value.typeName)")
      }
      let pairs = dictionary.entries.map { JinjaValue.tuple([$0.key, $0.value]) }
      guard name == "dictsort" else { return .list(pairs) }
      return .list(
        try sorted(pairs, reversed: arguments.value(2, "reverse")?.isTrue ?? false, renderer) { pair in
          folded(pair.items![arguments.value(1, "by").map { $0.equals(.string("value")) } ?? false ? 1 : 0])
        })
    case "reverse":
      if case .string(let text) = value {
        return .string(String(String.UnicodeScalarView(text.unicodeScalars.reversed())))
      }
      return .list(try renderer.iterated(value).reversed())
    default: break
    }
    let items = try renderer.iterated(value)
    try renderer.account(items: items.count)
    switch name {
    case "list": return .list(items)
    case "first": return items.first ?? .undefined("there is no first item")
    case "last": return items.last ?? .undefined("there is no last item")
    case "join":
      let separator = arguments.value(0, "d").map(JinjaText.string) ?? ""
      let attribute = try arguments.string(1, "attribute", renderer)
      var parts: [String] = []
      for item in items { parts.append(JinjaText.string(try picked(attribute, of: item, renderer))) }
      return .string(try renderer.joined(parts, by: separator))
    case "map": return .list(try mapped(items, arguments, renderer))
    case "select", "reject", "selectattr", "rejectattr":
      return .list(try filtered(name, items, arguments, renderer))
    case "sort", "unique", "min", "max":
      return try ordered(name, items, arguments, renderer)
    default:
      var sum = arguments.value(1, "start") ?? .integer(0)
      let attribute = try arguments.string(0, "attribute", renderer)
      for item in items { sum = try renderer.combine(.add, sum, try picked(attribute, of: item, renderer)) }
      return sum
    }
  }

  static func length(_ value: JinjaValue) -> Int? {
    switch value {
    case .string(let text): text.unicodeScalars.count
    case .list(let items), .tuple(let items): items.count
    case .dictionary(let dictionary): dictionary.entries.count
    case .undefined: 0
    default: nil
    }
  }

  /// The item itself, or its attribute at a dotted path.
  private static func picked(
    _ path: String?, of item: JinjaValue, _ renderer: JinjaRenderer
  ) throws(VLMError) -> JinjaValue {
    guard let path else { return item }
    var value = item
    for part in path.split(separator: ".") {
      value = try renderer.item(Int(part).map(JinjaValue.integer) ?? .string(String(part)), of: value)
    }
    return value
  }

  private static func mapped(
    _ items: [JinjaValue], _ arguments: JinjaArguments, _ renderer: JinjaRenderer
  ) throws(VLMError) -> [JinjaValue] {
    var result: [JinjaValue] = []
    if arguments.positional.isEmpty {
      guard let attribute = try arguments.string(0, "attribute", renderer) else {
        throw renderer.failure("'map' needs a filter or an attribute")
      }
      let fallback = arguments.named.first { $0.name == "default" }?.value
      for item in items {
        let value = try picked(attribute, of: item, renderer)
        if case .undefined = value, let fallback { result.append(fallback) } else { result.append(value) }
      }
      return result
    }
    guard let name = try arguments.string(0, "filter", renderer), JinjaFilters.names.contains(name) else {
      throw renderer.failure("'map' needs the name of a filter")
    }
    let rest = JinjaArguments(positional: Array(arguments.positional.dropFirst()), named: arguments.named)
    for item in items { result.append(try JinjaFilters.run(name, item, rest, renderer)) }
    return result
  }

  private static func filtered(
    _ name: String, _ items: [JinjaValue], _ arguments: JinjaArguments, _ renderer: JinjaRenderer
  ) throws(VLMError) -> [JinjaValue] {
    var given = arguments.positional
    var attribute: String?
    if name.hasSuffix("attr") {
      guard case .string(let path)? = given.first else {
        throw renderer.failure("'\(name)' needs an attribute")
      }
      attribute = path
      given.removeFirst()
    }
    let test = given.first.map(JinjaText.string)
    if let test, !JinjaTests.names.contains(test) {
      throw renderer.failure("the test '\(test)' is not known")
    }
    let rest = JinjaArguments(positional: Array(given.dropFirst()), named: arguments.named)
    var result: [JinjaValue] = []
    for item in items {
      let value = try picked(attribute, of: item, renderer)
      let holds =
        try test.map { (test) throws(VLMError) in try JinjaTests.run(test, value, rest, renderer) }
        ?? value.isTrue
      if holds == name.hasPrefix("select") { result.append(item) }
    }
    return result
  }

  /// Texts without regard to case, as Jinja sorts by default.
  private static func folded(_ value: JinjaValue) -> JinjaValue {
    if case .string(let text) = value { .string(text.lowercased()) } else { value }
  }

  private static func sorted(
    _ items: [JinjaValue], reversed: Bool, _ renderer: JinjaRenderer,
    by key: (JinjaValue) throws(VLMError) -> JinjaValue
  ) throws(VLMError) -> [JinjaValue] {
    var keyed: [(key: JinjaValue, item: JinjaValue, place: Int)] = []
    for (place, item) in items.enumerated() { keyed.append((try key(item), item, place)) }
    do {
      try keyed.sort { a, b in
        if try renderer.isOrdered(a.key, b.key) { return !reversed }
        if try renderer.isOrdered(b.key, a.key) { return reversed }
        return a.place < b.place
      }
    } catch let error as VLMError {
      throw error
    } catch {
      throw renderer.failure("the items have no order")
    }
    return keyed.map(\.item)
  }

  private static func ordered(
    _ name: String, _ items: [JinjaValue], _ arguments: JinjaArguments, _ renderer: JinjaRenderer
  ) throws(VLMError) -> JinjaValue {
    // sort(reverse, case_sensitive, attribute); the others (case_sensitive, attribute).
    let first = name == "sort" ? 1 : 0
    let minds = arguments.value(first, "case_sensitive")?.isTrue ?? false
    let attribute = try arguments.string(first + 1, "attribute", renderer)
    let key = { (item: JinjaValue) throws(VLMError) -> JinjaValue in
      let value = try picked(attribute, of: item, renderer)
      return minds ? value : folded(value)
    }
    if name == "unique" {
      var seen: [JinjaValue] = []
      var result: [JinjaValue] = []
      for item in items {
        let value = try key(item)
        // Texts of one length may differ in their last letter only.
        if case .string(let text) = value { try renderer.account(items: seen.count * (text.utf8.count >> 5)) }
        try renderer.account(items: seen.count)
        if !seen.contains(where: { $0.equals(value) }) {
          seen.append(value)
          result.append(item)
        }
      }
      return .list(result)
    }
    let reversed = name == "sort" ? arguments.value(0, "reverse")?.isTrue ?? false : name == "max"
    let result = try sorted(items, reversed: reversed, renderer, by: key)
    return name == "sort" ? .list(result) : result.first ?? .undefined("there is no item")
  }
}
