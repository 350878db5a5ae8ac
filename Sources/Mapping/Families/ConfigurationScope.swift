internal import Files
internal import Tensors

/// What expressions look at: a section of a `config.json`, and the names of the tensors.
struct ConfigurationScope {
  let root: JSONValue
  let section: JSONValue
  /// Which row of defaults is among `section`.
  var type: String?
  /// Sections of the runtime's configuration resolved before.
  var resolved: JSONValue = .object([:])
  let tensors: Set<String>
  /// Path of `config.json`, for messages.
  let file: String

  /// The scope with the official class's values where `config.json` is silent. A null there says "none" and stays.
  func fillingIn(_ section: ConfigurationSection) throws(VLMError) -> ConfigurationScope {
    guard let expression = section.type else { return self }
    let field = "\(section.name).type"
    guard let type = try evaluate(expression, field: field)?.stringValue else {
      throw refuse(field, "config.json does not say which model this is")
    }
    var members = self.section.objectValue ?? [:]
    if !section.defaults.isEmpty {
      guard let row = section.defaults[type] else {
        throw VLMError(
          .configUnsupported, "\(section.name) \"\(type)\" is not known for this family", file: file,
          remedy: "known: \(section.defaults.keys.sorted().joined(separator: ", "))")
      }
      members.merge(row) { own, _ in own }
    }
    var scope = ConfigurationScope(root: root, section: .object(members), tensors: tensors, file: file)
    scope.type = type
    scope.resolved = resolved
    return scope
  }

  /// The value of `expression`, `nil` when config.json does not have what it asks for.
  func evaluate(_ expression: ConfigurationExpression, field: String) throws(VLMError) -> JSONValue? {
    switch expression {
    case .constant(let value): return value
    case .type: return type.map(JSONValue.string)
    case .resolved(let path): return resolved.at(path)
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
      return condition ? values[1] : values.count > 2 ? values[2] : nil
    case .oneOf: return .bool(values.dropFirst().contains(values[0]))
    case .root, .block:
      guard let value = values[0] else { return nil }
      return .int(try operation == .root ? root(value, field: field) : block(value, field: field))
    case .list: return .array(values.compactMap(\.self))
    case .count: return values[0]?.arrayValue.map { .int($0.count) }
    case .every:
      return try values[0].map { step throws(VLMError) in try every(step, values[1], field: field) }
    case .marked:
      return values[0]?.arrayValue.map { marks in
        .array(marks.indices.filter { marks[$0] == .bool(true) }.map { .int($0) })
      }
    case .marks:
      guard let places = values[0]?.arrayValue else { return nil }
      return .array((0..<(try count(values[1], field: field))).map { .bool(places.contains(.int($0))) })
    case .side: return try values[0].map { value throws(VLMError) in try side(value, field: field) }
    case .product, .quotient, .sum:
      guard !values.contains(nil) else { return nil }
      return try arithmetic(operation, values.compactMap(\.self), field: field)
    }
  }

  private func count(_ value: JSONValue?, field: String) throws(VLMError) -> Int {
    guard let count = value?.intValue, (0..<1 << 20).contains(count) else {
      throw refuse(field, "a number is needed, not \(value?.summary ?? "nothing")")
    }
    return count
  }

  private func every(_ step: JSONValue, _ end: JSONValue?, field: String) throws(VLMError) -> JSONValue {
    let (step, end) = (try count(step, field: field), try count(end, field: field))
    guard step > 0 else { throw refuse(field, "every \(step)th is none") }
    return .array(stride(from: step - 1, to: end, by: step).map { .int($0) })
  }

  private func side(_ value: JSONValue, field: String) throws(VLMError) -> JSONValue {
    guard let values = value.arrayValue else { return value }
    guard let first = values.first, values.allSatisfy({ $0 == first }) else {
      throw refuse(field, "a square is needed, not \(value.summary)")
    }
    return first
  }

  private func root(_ value: JSONValue, field: String) throws(VLMError) -> Int {
    guard let square = value.intValue, square >= 0, square < 1 << 40 else {
      throw refuse(field, "a number is needed, not \(value.summary)")
    }
    let root = Int(Double(square).squareRoot().rounded())
    guard root * root == square else { throw refuse(field, "\(square) is not a square") }
    return root
  }

  private func block(_ value: JSONValue, field: String) throws(VLMError) -> Int {
    guard let state = value.intValue, state != 0, state.magnitude < 1 << 20 else {
      throw refuse(field, "one block's output is needed, not \(value.summary)")
    }
    return state > 0 ? state - 1 : state
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
