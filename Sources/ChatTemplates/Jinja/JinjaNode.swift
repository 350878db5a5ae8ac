/// A statement of a template, with the line it begins at.
struct JinjaNode: Sendable {
  /// What `set` and `for` give values to.
  indirect enum Target: Sendable {
    case name(String)
    case attribute(String, String)
    case tuple([Target])
  }

  struct Macro: Sendable {
    let name: String
    let parameters: [(name: String, fallback: JinjaExpression?)]
    let body: [JinjaNode]
  }

  struct Loop: Sendable {
    let target: Target
    let sequence: JinjaExpression
    let condition: JinjaExpression?
    let body: [JinjaNode]
    let otherwise: [JinjaNode]
  }

  indirect enum Kind: Sendable {
    case text(String)
    case output(JinjaExpression)
    case branches([(condition: JinjaExpression, body: [JinjaNode])], otherwise: [JinjaNode])
    case loop(Loop)
    case set(Target, JinjaExpression)
    case setBlock(Target, [JinjaExpression.Filter], [JinjaNode])
    case macro(Macro)
    case filterBlock([JinjaExpression.Filter], [JinjaNode])
    case scope([(name: String, value: JinjaExpression)], [JinjaNode])
    case breakLoop
    case continueLoop
  }

  let kind: Kind
  let line: Int
}
