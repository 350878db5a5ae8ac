internal import Foundation
internal import Tensors

extension JinjaRenderer {
  /// Arithmetic and concatenation with Python's rules; whole numbers have 64 bits.
  func combine(
    _ symbol: JinjaExpression.Operator, _ left: JinjaValue, _ right: JinjaValue
  ) throws(VLMError) -> JinjaValue {
    if symbol == .concatenate {
      return .string(try joined([try text(left), try text(right)], by: ""))
    }
    if case .undefined(let what) = left {
      throw failure("\(what), so '\(symbol.rawValue)' cannot be applied")
    }
    if case .undefined(let what) = right {
      throw failure("\(what), so '\(symbol.rawValue)' cannot be applied")
    }
    if symbol != .divide, let a = left.whole, let b = right.whole { return try wholeNumbers(symbol, a, b) }
    if let a = left.numeric, let b = right.numeric { return try floats(symbol, a, b) }
    switch (symbol, left, right) {
    case (.add, .string(let a), .string(let b)): return .string(try joined([a, b], by: ""))
    case (.add, .list(let a), .list(let b)):
      try account(items: a.count + b.count)
      return .list(a + b)
    case (.add, .tuple(let a), .tuple(let b)):
      try account(items: a.count + b.count)
      return .tuple(a + b)
    case (.multiply, .string(let text), _) where right.whole != nil: return try repeated(text, right.whole!)
    case (.multiply, _, .string(let text)) where left.whole != nil: return try repeated(text, left.whole!)
    case (.modulo, .string(let format), _):
      return .string(try JinjaMethods.percentFormat(format, right, self))
    default:
      throw failure("'\(symbol.rawValue)' does not go between \(left.typeName) and \(right.typeName)")
    }
  }

  private func repeated(_ text: String, _ count: Int) throws(VLMError) -> JinjaValue {
    try account(copies: count, of: text)
    return .string(String(repeating: text, count: max(count, 0)))
  }

  private func wholeNumbers(
    _ symbol: JinjaExpression.Operator, _ a: Int, _ b: Int
  ) throws(VLMError) -> JinjaValue {
    let result: (partialValue: Int, overflow: Bool)
    switch symbol {
    case .add: result = a.addingReportingOverflow(b)
    case .subtract: result = a.subtractingReportingOverflow(b)
    case .multiply: result = a.multipliedReportingOverflow(by: b)
    case .floorDivide, .modulo:
      guard b != 0 else { throw failure("division by zero") }
      let (quotient, overflow) = a.dividedReportingOverflow(by: b)
      if overflow { throw failure("a number is too large", .templateLimit) }
      let remainder = a - quotient * b
      let isBelow = remainder != 0 && (remainder < 0) != (b < 0)
      return .integer(symbol == .floorDivide ? quotient - (isBelow ? 1 : 0) : remainder + (isBelow ? b : 0))
    case .power:
      if b < 0 { return .float(pow(Double(a), Double(b))) }
      var power = 1
      for _ in 0..<min(b, 64) {
        let (product, overflow) = power.multipliedReportingOverflow(by: a)
        if overflow { throw failure("a number is too large", .templateLimit) }
        power = product
      }
      guard b <= 64 || (-1...1).contains(a) else { throw failure("a number is too large", .templateLimit) }
      return .integer(a == -1 ? (b % 2 == 0 ? 1 : -1) : power)
    default: throw failure("'\(symbol.rawValue)' does not go between numbers")
    }
    if result.overflow { throw failure("a number is too large", .templateLimit) }
    return .integer(result.partialValue)
  }

  private func floats(
    _ symbol: JinjaExpression.Operator, _ a: Double, _ b: Double
  ) throws(VLMError) -> JinjaValue {
    switch symbol {
    case .add: return .float(a + b)
    case .subtract: return .float(a - b)
    case .multiply: return .float(a * b)
    case .power: return .float(pow(a, b))
    case .divide, .floorDivide, .modulo:
      guard b != 0 else { throw failure("division by zero") }
      if symbol == .divide { return .float(a / b) }
      let floor = (a / b).rounded(.down)
      return .float(symbol == .floorDivide ? floor : a - floor * b)
    default: throw failure("'\(symbol.rawValue)' does not go between numbers")
    }
  }

  func compare(
    _ symbol: JinjaExpression.Operator, _ left: JinjaValue, _ right: JinjaValue
  ) throws(VLMError) -> Bool {
    try weigh(left)
    try weigh(right)
    switch symbol {
    case .equal: return left.equals(right)
    case .notEqual: return !left.equals(right)
    case .isIn: return try contains(right, left)
    case .isNotIn: return try !contains(right, left)
    case .less: return try isOrdered(left, right)
    case .greater: return try isOrdered(right, left)
    case .lessEqual: return try !isOrdered(right, left)
    case .greaterEqual: return try !isOrdered(left, right)
    default: throw failure("'\(symbol.rawValue)' does not compare")
    }
  }

  /// Whether `left < right`.
  func isOrdered(_ left: JinjaValue, _ right: JinjaValue) throws(VLMError) -> Bool {
    if let a = left.whole, let b = right.whole { return a < b }
    if let a = left.numeric, let b = right.numeric { return a < b }
    switch (left, right) {
    case (.string(let a), .string(let b)): return a.unicodeScalars.lexicographicallyPrecedes(b.unicodeScalars)
    case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)):
      for (x, y) in zip(a, b) where !x.equals(y) { return try isOrdered(x, y) }
      return a.count < b.count
    default: throw failure("\(left.typeName) and \(right.typeName) have no order")
    }
  }

  /// `item in container`.
  func contains(_ container: JinjaValue, _ item: JinjaValue) throws(VLMError) -> Bool {
    switch container {
    case .string(let text):
      guard case .string(let part) = item else {
        throw failure("'in' a text needs a text, not \(item.typeName)")
      }
      return JinjaMethods.firstIndex(of: part, in: Array(text.unicodeScalars)) != nil
    case .list(let items), .tuple(let items): return items.contains { $0.equals(item) }
    case .dictionary(let dictionary):
      try account(lookingUpAmong: dictionary.entries.count)
      return dictionary[item] != nil
    case .undefined: return false
    default: throw failure("'in' needs a text, a list or a dictionary, not \(container.typeName)")
    }
  }
}
