internal import Foundation
internal import Tensors

extension JinjaRenderer {
  func value(_ expression: JinjaExpression) throws(VLMError) -> JinjaValue {
    try step()
    return try evaluating { () throws(VLMError) in try evaluated(expression) }
  }

  private func evaluated(_ expression: JinjaExpression) throws(VLMError) -> JinjaValue {
    switch expression {
    case .none: return .none
    case .bool(let value): return .bool(value)
    case .integer(let value): return .integer(value)
    case .float(let value): return .float(value)
    case .string(let text): return .string(text)
    case .name(let name): return scope[name] ?? .undefined("'\(name)' is undefined")
    case .list(let items): return .list(try values(items))
    case .tuple(let items): return .tuple(try values(items))
    case .dictionary(let entries):
      var dictionary = JinjaDictionary()
      for (key, value) in entries {
        try account(items: dictionary.entries.count)
        dictionary[try self.value(key)] = try self.value(value)
      }
      return .dictionary(dictionary)
    case .attribute(let base, let name): return try attribute(name, of: try value(base))
    case .item(let base, let key): return try item(try value(key), of: try value(base))
    case .slice(let base, let start, let stop, let stride):
      return try slice(try value(base), try bound(start), try bound(stop), try bound(stride))
    case .call(let callee, let arguments): return try call(try value(callee), try evaluated(arguments))
    case .filter(let base, let filter): return try apply(filter, to: try value(base))
    case .test(let base, let name, let arguments, let negated):
      let arguments = try evaluated(arguments)
      return .bool(try JinjaTests.run(name, try value(base), arguments, self) != negated)
    case .negative(let base):
      switch try value(base) {
      case .float(let number): return .float(-number)
      case let other:
        guard let whole = other.whole, whole != .min else {
          throw failure("'-' needs a number, not \(other.typeName)")
        }
        return .integer(-whole)
      }
    case .positive(let base): return try value(base)
    case .not(let base): return .bool(try !value(base).isTrue)
    case .and(let left, let right):
      let first = try value(left)
      return first.isTrue ? try value(right) : first
    case .or(let left, let right):
      let first = try value(left)
      return first.isTrue ? first : try value(right)
    case .binary(let symbol, let left, let right):
      return try combine(symbol, try value(left), try value(right))
    case .comparison(let first, let rest):
      var left = try value(first)
      for (symbol, expression) in rest {
        let right = try value(expression)
        guard try compare(symbol, left, right) else { return .bool(false) }
        left = right
      }
      return .bool(true)
    case .conditional(let condition, let then, let otherwise):
      if try value(condition).isTrue { return try value(then) }
      return try otherwise.map { (expression) throws(VLMError) in try value(expression) }
        ?? .undefined("the inline if evaluated to false and has no else")
    }
  }

  private func values(_ expressions: [JinjaExpression]) throws(VLMError) -> [JinjaValue] {
    var result: [JinjaValue] = []
    for expression in expressions { result.append(try value(expression)) }
    return result
  }

  func evaluated(_ arguments: JinjaExpression.Arguments) throws(VLMError) -> JinjaArguments {
    var named: [(String, JinjaValue)] = []
    for (name, expression) in arguments.named { named.append((name, try value(expression))) }
    return JinjaArguments(positional: try values(arguments.positional), named: named)
  }

  func apply(_ filter: JinjaExpression.Filter, to value: JinjaValue) throws(VLMError) -> JinjaValue {
    try JinjaFilters.run(filter.name, value, try evaluated(filter.arguments), self)
  }

  /// `base.name`: an attribute or method first, then an item.
  func attribute(_ name: String, of base: JinjaValue) throws(VLMError) -> JinjaValue {
    switch base {
    case .undefined(let what): throw failure("\(what), so it has no '\(name)'")
    case .namespace(let namespace):
      return namespace.attributes[name] ?? .undefined("the namespace has no '\(name)'")
    case .loop(let loop): return loop.attribute(name) ?? .undefined("'loop' has no '\(name)'")
    case .dictionary(let dictionary):
      if JinjaMethods.ofDictionaries.contains(name) { return .method(base, name) }
      try account(lookingUpAmong: dictionary.entries.count)
      return dictionary[.string(name)] ?? .undefined("the dictionary has no '\(name)'")
    case .string where JinjaMethods.ofStrings.contains(name): return .method(base, name)
    case .list where JinjaMethods.ofLists.contains(name), .tuple where JinjaMethods.ofLists.contains(name):
      return .method(base, name)
    default: return .undefined("a value of type \(base.typeName) has no '\(name)'")
    }
  }

  /// `base[key]`: an item first, then an attribute.
  func item(_ key: JinjaValue, of base: JinjaValue) throws(VLMError) -> JinjaValue {
    // Of a long key, or one that holds much, its beginning or its type says enough.
    var absent: JinjaValue {
      let name =
        switch key {
        case .string(let text): JinjaText.representation(.string(String(text.prefix(80))))
        case .bool, .integer, .float: JinjaText.representation(key)
        default: "of type \(key.typeName)"
        }
      return .undefined("\(base.typeName) has no item \(name)")
    }
    switch (base, key) {
    case (.undefined(let what), _): throw failure("\(what), so it has no items")
    case (.dictionary(let dictionary), _):
      try account(lookingUpAmong: dictionary.entries.count)
      if let value = dictionary[key] { return value }
      if case .string(let name) = key, JinjaMethods.ofDictionaries.contains(name) {
        return .method(base, name)
      }
      return absent
    case (.list(let items), _), (.tuple(let items), _):
      guard let index = key.whole else { break }
      let place = index < 0 ? index + items.count : index
      return items.indices.contains(place) ? items[place] : absent
    case (.string(let text), _):
      guard let index = key.whole else { break }
      try weigh(base)
      let scalars = Array(text.unicodeScalars)
      let place = index < 0 ? index + scalars.count : index
      return scalars.indices.contains(place) ? .string(String(scalars[place])) : absent
    default: break
    }
    if case .string(let name) = key { return try attribute(name, of: base) }
    return absent
  }

  private func bound(_ expression: JinjaExpression?) throws(VLMError) -> Int? {
    guard let expression else { return nil }
    let value = try value(expression)
    if case .none = value { return nil }
    guard let whole = value.whole else { throw failure("a slice needs whole numbers, not \(value.typeName)") }
    return whole
  }

  private func slice(_ base: JinjaValue, _ start: Int?, _ stop: Int?, _ stride: Int?) throws(VLMError)
    -> JinjaValue
  {
    switch base {
    case .list(let items): return .list(try sliced(items, start, stop, stride))
    case .tuple(let items): return .tuple(try sliced(items, start, stop, stride))
    case .string(let text):
      let scalars = try sliced(Array(text.unicodeScalars), start, stop, stride)
      return .string(String(String.UnicodeScalarView(scalars)))
    case .undefined(let what): throw failure("\(what), so it cannot be sliced")
    default: throw failure("a value of type \(base.typeName) cannot be sliced")
    }
  }

  private func sliced<T>(_ items: [T], _ start: Int?, _ stop: Int?, _ stride: Int?) throws(VLMError) -> [T] {
    let stride = stride ?? 1
    guard stride != 0, stride.magnitude < 1 << 32 else { throw failure("a slice's step is out of range") }
    try account(items: items.count)
    func place(_ index: Int, _ low: Int, _ high: Int) -> Int {
      min(max(index < 0 ? max(index, -items.count - 1) + items.count : index, low), high)
    }
    let range =
      stride > 0
      ? Swift.stride(
        from: place(start ?? 0, 0, items.count), to: place(stop ?? items.count, 0, items.count), by: stride)
      : Swift.stride(
        from: start.map { place($0, -1, items.count - 1) } ?? items.count - 1,
        to: stop.map { place($0, -1, items.count - 1) } ?? -1, by: stride)
    return range.map { items[$0] }
  }
}
