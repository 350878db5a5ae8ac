/// An expression of the template language.
indirect enum JinjaExpression: Sendable {
  enum Operator: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case floorDivide = "//"
    case modulo = "%"
    case power = "**"
    case concatenate = "~"
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case greater = ">"
    case lessEqual = "<="
    case greaterEqual = ">="
    case isIn = "in"
    case isNotIn = "not in"
  }

  struct Arguments: Sendable {
    var positional: [JinjaExpression] = []
    var named: [(name: String, value: JinjaExpression)] = []
  }

  /// A filter in a chain: `| name(arguments)`.
  struct Filter: Sendable {
    let name: String
    let arguments: Arguments
  }

  case none
  case bool(Bool)
  case integer(Int)
  case float(Double)
  case string(String)
  case name(String)
  case list([JinjaExpression])
  case tuple([JinjaExpression])
  case dictionary([(key: JinjaExpression, value: JinjaExpression)])
  case attribute(JinjaExpression, String)
  case item(JinjaExpression, JinjaExpression)
  case slice(JinjaExpression, JinjaExpression?, JinjaExpression?, JinjaExpression?)
  case call(JinjaExpression, Arguments)
  case filter(JinjaExpression, Filter)
  case test(JinjaExpression, String, Arguments, negated: Bool)
  case negative(JinjaExpression)
  case positive(JinjaExpression)
  case not(JinjaExpression)
  case and(JinjaExpression, JinjaExpression)
  case or(JinjaExpression, JinjaExpression)
  case binary(Operator, JinjaExpression, JinjaExpression)
  case comparison(JinjaExpression, [(Operator, JinjaExpression)])
  case conditional(JinjaExpression, then: JinjaExpression, otherwise: JinjaExpression?)
}
