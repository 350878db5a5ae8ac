/// A value while a template is rendered; what a Python object is to Jinja.
indirect enum JinjaValue {
  /// Of a name or attribute that is not there; the text says which.
  case undefined(String)
  case none
  case bool(Bool)
  case integer(Int)
  case float(Double)
  case string(String)
  case list([JinjaValue])
  case tuple([JinjaValue])
  case dictionary(JinjaDictionary)
  case namespace(JinjaNamespace)
  case macro(JinjaMacro)
  /// A function of Jinja or transformers: `range`, `raise_exception`.
  case function(String)
  /// A method looked up but not yet called: `text.strip`.
  case method(JinjaValue, String)
  case loop(JinjaLoop)

  /// What Python calls the type.
  var typeName: String {
    switch self {
    case .undefined: "undefined"
    case .none: "None"
    case .bool: "bool"
    case .integer: "int"
    case .float: "float"
    case .string: "str"
    case .list: "list"
    case .tuple: "tuple"
    case .dictionary: "dict"
    case .namespace: "namespace"
    case .macro: "macro"
    case .function, .method: "function"
    case .loop: "loop"
    }
  }

  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .bool(let value): value
    case .integer(let value): value != 0
    case .float(let value): value != 0
    case .string(let text): !text.isEmpty
    case .list(let items), .tuple(let items): !items.isEmpty
    case .dictionary(let dictionary): !dictionary.entries.isEmpty
    case .namespace, .macro, .function, .method, .loop: true
    }
  }

  /// The number, true as 1; `nil` for what is none.
  var numeric: Double? {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .integer(let value): Double(value)
    case .float(let value): value
    default: nil
    }
  }

  /// The whole number, true as 1; `nil` for what is none.
  var whole: Int? {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .integer(let value): value
    default: nil
    }
  }

  var items: [JinjaValue]? {
    switch self {
    case .list(let items), .tuple(let items): items
    default: nil
    }
  }

  /// Python's `==`: numbers by value, texts by code points.
  func equals(_ other: JinjaValue) -> Bool {
    if let a = whole, let b = other.whole { return a == b }
    if let a = numeric, let b = other.numeric { return a == b }
    switch (self, other) {
    case (.none, .none), (.undefined, .undefined): return true
    case (.string(let a), .string(let b)): return a.unicodeScalars.elementsEqual(b.unicodeScalars)
    case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)):
      return a.count == b.count && zip(a, b).allSatisfy { $0.equals($1) }
    case (.dictionary(let a), .dictionary(let b)):
      return a.entries.count == b.entries.count
        && a.entries.allSatisfy { entry in b[entry.key].map { entry.value.equals($0) } ?? false }
    case (.namespace(let a), .namespace(let b)): return a === b
    case (.macro(let a), .macro(let b)): return a === b
    default: return false
    }
  }
}

/// A dictionary in the order of insertion.
struct JinjaDictionary {
  /// A type with a name, for in a tuple Swift 6.3 finds a circle unless it compiles the module as a whole.
  struct Entry {
    let key: JinjaValue
    var value: JinjaValue
  }

  private(set) var entries: [Entry] = []

  init() {}

  init(_ members: [(String, JinjaValue)]) {
    for (key, value) in members { self[.string(key)] = value }
  }

  subscript(key: JinjaValue) -> JinjaValue? {
    get { entries.first { $0.key.equals(key) }?.value }
    set {
      if let index = entries.firstIndex(where: { $0.key.equals(key) }) {
        if let newValue { entries[index].value = newValue } else { entries.remove(at: index) }
      } else if let newValue {
        entries.append(Entry(key: key, value: newValue))
      }
    }
  }
}

/// What `namespace()` makes: the one value whose attributes a template can set.
final class JinjaNamespace {
  var attributes: [String: JinjaValue] = [:]
}

final class JinjaMacro {
  let definition: JinjaNode.Macro
  /// Where it was defined: its body sees those names.
  let scope: JinjaScope

  init(_ definition: JinjaNode.Macro, in scope: JinjaScope) {
    self.definition = definition
    self.scope = scope
  }
}

/// `loop` within a `for`.
final class JinjaLoop {
  let items: [JinjaValue]
  var index = 0
  var lastChanged: [JinjaValue]?

  init(_ items: [JinjaValue]) { self.items = items }

  func attribute(_ name: String) -> JinjaValue? {
    switch name {
    case "index": .integer(index + 1)
    case "index0": .integer(index)
    case "revindex": .integer(items.count - index)
    case "revindex0": .integer(items.count - index - 1)
    case "first": .bool(index == 0)
    case "last": .bool(index == items.count - 1)
    case "length": .integer(items.count)
    // They count recursive loops only, which are not supported.
    case "depth": .integer(1)
    case "depth0": .integer(0)
    case "previtem": index > 0 ? items[index - 1] : .undefined("there is no previous item")
    case "nextitem": index + 1 < items.count ? items[index + 1] : .undefined("there is no next item")
    case "cycle", "changed": .method(.loop(self), name)
    default: nil
    }
  }
}

/// Names and their values, within the names around them.
final class JinjaScope {
  private var values: [String: JinjaValue] = [:]
  private let parent: JinjaScope?

  init(_ parent: JinjaScope?) { self.parent = parent }

  subscript(name: String) -> JinjaValue? {
    get {
      var scope: JinjaScope? = self
      while let current = scope {
        if let value = current.values[name] { return value }
        scope = current.parent
      }
      return nil
    }
    set { values[name] = newValue }
  }
}
