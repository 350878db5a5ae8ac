internal import Tensors

/// How a family file says where a field of `ModelConfiguration` comes from.
///
///     32, true, "gelu"        itself
///     "$.hidden_size"         a path in the section's object of config.json; "$root.x" starts at the top
///     ["$.a", "$.b", 32]      the first that config.json has
///     { product: [a, b] }     one of the operations
indirect enum ConfigurationExpression: Sendable {
  case constant(JSONValue)
  case path(String, fromRoot: Bool)
  case first([ConfigurationExpression])
  case operation(Operation, [ConfigurationExpression])
  case hasTensor(String)

  enum Operation: String, CaseIterable, Sendable {
    case product, quotient, sum
    /// An array of the operands.
    case list
    /// A number, or a list of equal numbers such as a `[14, 14]` for a square.
    case side
    /// Whether some operand is true; missing ones are not.
    case any
    case equal
    /// `[condition, then, else]`
    case `if`

    var arity: ClosedRange<Int> {
      switch self {
      case .product, .sum, .any: 1...16
      case .quotient, .equal: 2...2
      case .list: 0...64
      case .side: 1...1
      case .if: 3...3
      }
    }
  }

  init(_ value: JSONValue, file: String, field: String) throws(VLMError) {
    func refuse(_ message: String, _ remedy: String? = nil) -> VLMError {
      VLMError(.familyExpression, "configuration.\(field): \(message)", file: file, remedy: remedy)
    }
    switch value {
    case .null: throw refuse("null says nothing", "leave the field out")
    case .string(let text) where text.hasPrefix("$"):
      let fromRoot = text.hasPrefix("$root.")
      let path = text.dropFirst(fromRoot ? 6 : 2)
      guard fromRoot || text.hasPrefix("$."), !path.isEmpty else {
        throw refuse(
          "\"\(text)\" is no path", "write \"$.key.key\", or \"$root.key\" from the top of config.json")
      }
      self = .path(String(path), fromRoot: fromRoot)
    case .bool, .int, .double, .string: self = .constant(value)
    case .array(let values):
      guard !values.isEmpty else { throw refuse("no alternatives", "write { list: [] } for an empty list") }
      self = .first(try Self.expressions(values, file: file, field: field))
    case .object(let members):
      guard members.count == 1, let (name, operand) = members.first else {
        throw refuse("an operation has one key, not \(members.keys.sorted().joined(separator: ", "))")
      }
      if name == "hasTensor" {
        guard let tensor = operand.stringValue else { throw refuse("hasTensor takes the name of a tensor") }
        self = .hasTensor(tensor)
        return
      }
      guard let operation = Operation(rawValue: name) else {
        let known = Operation.allCases.map(\.rawValue) + ["hasTensor"]
        throw refuse(
          "unknown operation \"\(name)\"",
          NearestName.suggestion(for: name, among: known) ?? "one of \(known.joined(separator: ", "))")
      }
      let operands: [JSONValue]
      if operation == .side { operands = [operand] } else { operands = operand.arrayValue ?? [operand] }
      guard operation.arity.contains(operands.count) else {
        throw refuse("\(name) does not take \(operands.count) operands")
      }
      self = .operation(operation, try Self.expressions(operands, file: file, field: field))
    }
  }

  private static func expressions(
    _ values: [JSONValue], file: String, field: String
  ) throws(VLMError) -> [ConfigurationExpression] {
    var results: [ConfigurationExpression] = []
    for value in values { results.append(try ConfigurationExpression(value, file: file, field: field)) }
    return results
  }
}

/// What expressions look at: a section of a `config.json`, and the names of the tensors.
struct ConfigurationScope {
  let root: JSONValue
  let section: JSONValue
  let tensors: Set<String>
  /// Path of `config.json`, for messages.
  let file: String

  /// The value of `expression`, `nil` when config.json does not have what it asks for.
  func evaluate(_ expression: ConfigurationExpression, field: String) throws(VLMError) -> JSONValue? {
    switch expression {
    case .constant(let value): return value
    case .path(let path, let fromRoot): return (fromRoot ? root : section).at(path)
    case .hasTensor(let name): return .bool(tensors.contains(name))
    case .first(let alternatives):
      for alternative in alternatives {
        if let value = try evaluate(alternative, field: field) { return value }
      }
      return nil
    case .operation(let operation, let operands):
      return try evaluate(operation, operands, field: field)
    }
  }

  private func evaluate(
    _ operation: ConfigurationExpression.Operation, _ operands: [ConfigurationExpression], field: String
  ) throws(VLMError) -> JSONValue? {
    var values: [JSONValue?] = []
    for operand in operands { values.append(try evaluate(operand, field: field)) }
    switch operation {
    case .any: return .bool(values.contains { $0?.boolValue == true })
    case .equal: return .bool(values[0] == values[1])
    case .if:
      guard let condition = values[0]?.boolValue else { return nil }
      return condition ? values[1] : values[2]
    case .list: return .array(values.compactMap(\.self))
    case .side: return try values[0].map { value throws(VLMError) in try side(value, field: field) }
    case .product, .quotient, .sum:
      guard !values.contains(nil) else { return nil }
      return try arithmetic(operation, values.compactMap(\.self), field: field)
    }
  }

  private func side(_ value: JSONValue, field: String) throws(VLMError) -> JSONValue {
    guard let values = value.arrayValue else { return value }
    guard let first = values.first, values.allSatisfy({ $0 == first }) else {
      throw refuse(field, "a square is needed, not \(value.summary)")
    }
    return first
  }

  private func arithmetic(
    _ operation: ConfigurationExpression.Operation, _ values: [JSONValue], field: String
  ) throws(VLMError) -> JSONValue {
    // Python configurations write whole numbers as 4.0 at times, and ratios such as 3.7362.
    let numbers = values.compactMap(\.doubleValue)
    guard numbers.count == values.count else {
      throw refuse(field, "a number is needed, not \(values.map(\.summary).joined(separator: ", "))")
    }
    let result: Double
    switch operation {
    case .product: result = numbers.reduce(1, *)
    case .sum: result = numbers.reduce(0, +)
    default: result = (numbers[0] / numbers[1]).rounded(.down)
    }
    guard result.isFinite, let whole = Int(exactly: result.rounded(.down)) else {
      throw refuse(field, "the sizes in the file give \(result)")
    }
    return .int(whole)
  }

  private func refuse(_ field: String, _ message: String) -> VLMError {
    VLMError(.configValue, "\(field): \(message)", file: file)
  }
}
