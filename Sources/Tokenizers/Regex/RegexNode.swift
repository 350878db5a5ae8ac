/// A parsed pattern.
indirect enum RegexNode: Sendable {
  enum Greed: Sendable { case greedy, lazy, possessive }

  case empty
  /// Any one scalar of the part.
  case set(ScalarClass.Part)
  case sequence([RegexNode])
  case alternatives([RegexNode])
  /// `most` is `nil` for no limit.
  case loop(RegexNode, least: Int, most: Int?, Greed)
  case atomic(RegexNode)
  case look(RegexNode, negative: Bool)
  case textStart
  case textEnd
  case lineStart
  case lineEnd
  case wordBoundary(negative: Bool)

  /// Whether the node takes exactly one scalar, and which.
  var single: ScalarClass.Part? { if case .set(let part) = self { part } else { nil } }
}
