package import Runtime

/// A stage, and which of its tokens are read: what a probe is fitted to.
package struct ProbePoint: Hashable, Sendable {
  package enum Tokens: Sendable {
    /// Those of the picture.
    case picture
    /// The last of the sequence, which has seen picture and instruction: what the next word is made of.
    case last
  }

  package let stage: Stage
  package let tokens: Tokens

  package init(_ stage: Stage, _ tokens: Tokens = .picture) {
    self.stage = stage
    self.tokens = tokens
  }

  /// The stage's name, with `.last` behind it where only the last token is read.
  package var name: String { tokens == .last ? stage.name + Self.suffix : stage.name }

  /// The point that `name` spells, or `nil`.
  package init?(name: String) {
    let isLast = name.hasSuffix(Self.suffix)
    guard let stage = Stage(name: isLast ? String(name.dropLast(Self.suffix.count)) : name) else {
      return nil
    }
    self.init(stage, isLast ? .last : .picture)
  }

  private static let suffix = ".last"
}
