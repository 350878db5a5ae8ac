package import Runtime

/// One rung of the ladder pixels -> vision blocks -> norm -> projector -> language blocks -> norm.
public struct ProbeStage: Codable, Sendable, Equatable {
  /// `pixels`, or the name of its `ProbePoint`: `vision.blocks.3`, `projector`, `language.norm`, `language.norm.last`.
  public var name: String
  /// What is read there.
  public var kind: Kind
  /// Place on the ladder, 0 for pixels.
  public var position: Int
  /// Channels of one token.
  public var width: Int
  /// Tokens of the first image at this stage, `nil` for pixels.
  public var tokens: Int?
  /// False where the stage is a single vector, which has no grid readout.
  public var hasGrid: Bool
  /// Whether it was read in finer cells too.
  public var hasFine: Bool

  /// The finest readout that there is.
  package var finest: Readout { hasFine ? .fine : hasGrid ? .grid : .mean }

  /// Where it is read; `nil` for pixels.
  package var point: ProbePoint? { ProbePoint(name: name) }

  package init(
    name: String, kind: Kind, position: Int, width: Int, tokens: Int? = nil, hasGrid: Bool = true,
    hasFine: Bool = false
  ) {
    self.name = name
    self.kind = kind
    self.position = position
    self.width = width
    self.tokens = tokens
    self.hasGrid = hasGrid
    self.hasFine = hasFine
  }

  /// Kinds of stages.
  public enum Kind: String, Codable, Sendable {
    case pixels, embeddings, block, norm, pooled, projector

    package init(_ stage: Stage) {
      self =
        switch stage.point {
        case .embeddings: .embeddings
        case .block: .block
        case .norm, .joined: .norm
        case .pooled: .pooled
        case .output, .deepstack: .projector
        }
    }
  }
}
