internal import Files
internal import Tensors

/// How a family file says where a field of `ModelConfiguration` comes from.
///
///     32, true, "gelu"        itself
///     "$.hidden_size"         a path in the section's object of config.json; "$root.x" starts at the top
///     "$type"                 what the section's `type` came to
///     "@vision.width"         a field of a section resolved before
///     ["$.a", "$.b", 32]      the first that config.json has
///     { product: [a, b] }     one of the operations
indirect enum ConfigurationExpression: Sendable {
  case constant(JSONValue)
  case path(String, fromRoot: Bool)
  case resolved(String)
  case type
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
    /// Whether the first is one of the others.
    case oneOf
    /// `[condition, then, else]`; nothing where there is no else.
    case `if`
    /// The root of a square.
    case root
    /// A place among the hidden states of transformers (0 the embeddings, 1 the first block, -1 the last) as a block.
    case block
    /// How many a list has.
    case count
    /// `[n, count]`: every n-th place among so many: n - 1, 2n - 1, …
    case every
    /// Places of a list of booleans at which it says true.
    case marked
    /// `[places, count]`: so many booleans, true at these places.
    case marks

    var arity: ClosedRange<Int> {
      switch self {
      case .product, .sum, .any: 1...16
      case .quotient, .equal, .every, .marks: 2...2
      case .list: 0...64
      case .oneOf: 2...64
      case .side, .root, .block, .count, .marked: 1...1
      case .if: 2...3
      }
    }
  }

  init(_ value: JSONValue, file: String, field: String) throws(VLMError) {
    func refuse(_ message: String, _ remedy: String? = nil) -> VLMError {
      VLMError(.familyExpression, "configuration.\(field): \(message)", file: file, remedy: remedy)
    }
    switch value {
    case .null: throw refuse("null says nothing", "leave the field out")
    case .string("$type"): self = .type
    case .string(let text) where text.hasPrefix("@"):
      guard text.dropFirst().contains(".") else { throw refuse("\"\(text)\" is no field of a section") }
      self = .resolved(String(text.dropFirst()))
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
          NearestNames.suggestion(for: name, among: known) ?? "one of \(known.joined(separator: ", "))")
      }
      let operands: [JSONValue]
      // A list in place of the only operand is one of alternatives.
      if operation.arity == 1...1 { operands = [operand] } else { operands = operand.arrayValue ?? [operand] }
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
