package import Mapping

/// A place in a model, from pixels to logits, at which activations can be read.
///
///     Stage.vision(.block(3)).name        // "vision.blocks.3", as reference files and reports spell it
///     Stage(name: "language.norm")        // .language(.norm)
///
/// Which stages a model has, and their order, its `stages` say.
public struct Stage: Hashable, Sendable {
  /// A part of the model that has stages of its own.
  public enum Part: Hashable, Sendable {
    /// One of the encoders, counted as the configuration's `encoders` are.
    case encoder(Int)
    /// What encoders leave together, and what is projected of it.
    case projector
    /// The decoder and its head.
    case language
  }

  /// A place in such a part.
  public enum Point: Hashable, Sendable {
    /// What enters block 0: patches, leading tokens and learned positions after CLIP's pre-norm; token embeddings, scaled
    /// where the family does, with image features put in.
    case embeddings
    /// The residual stream after block `i`; in the language model before any DeepStack features are added.
    case block(Int)
    /// All tokens after the final norm.
    case norm
    /// One vector a tile: class token or attention pooling.
    case pooled
    /// Patch tokens of several encoders side by side, as the projector reads them.
    case joined
    /// Merged features of tap `k` of DeepStack, which are added after block `k` of the language model (Qwen3-VL).
    case deepstack(Int)
    /// What the part hands on: image features as the language model receives them (CLIP: the image embedding before
    /// normalisation); what the head makes of all tokens, before any soft cap.
    case output
  }

  /// The part of the model.
  public let part: Part
  /// The place in that part.
  public let point: Point

  /// Whether a model has it, its `stages` say.
  public init(_ part: Part, _ point: Point) {
    self.part = part
    self.point = point
  }

  /// A place in the first encoder.
  public static func vision(_ point: Point) -> Stage { Stage(.encoder(0), point) }
  /// A place in the language model.
  public static func language(_ point: Point) -> Stage { Stage(.language, point) }
  /// Merged features of a tap of DeepStack (Qwen3-VL).
  public static func deepstack(_ tap: Int) -> Stage { Stage(.projector, .deepstack(tap)) }
  /// Patch tokens of several encoders side by side.
  public static let joined = Stage(.projector, .joined)
  /// Image features as the language model receives them.
  public static let projector = Stage(.projector, .output)
  /// What the head makes of all tokens, `[tokens, vocabulary]`.
  public static let logits = Stage(.language, .output)

  /// What it is listed, verified and quantized as.
  package var component: ModelComponent {
    switch part {
    case .encoder: .vision
    case .projector: point == .joined ? .vision : .projector
    case .language: .language
    }
  }

  /// The tap's name in reference files and reports.
  public var name: String {
    switch (part, point) {
    case (.language, .output): "logits"
    case (.projector, .joined): "vision.joined"
    case (_, .output): part.root
    case (_, .embeddings): "\(part.root).embeddings"
    case (_, .block(let index)): "\(part.root).blocks.\(index)"
    case (_, .norm): "\(part.root).norm"
    case (_, .pooled): "\(part.root).pooled"
    case (_, .joined): "\(part.root).joined"
    case (_, .deepstack(let index)): "\(part.root).deepstack.\(index)"
    }
  }
}

extension Stage {
  /// The stage that `name` spells, or `nil`.
  public init?(name: String) {
    let parts = ModelConfiguration.encoderRoots.indices.map(Part.encoder) + [.projector, .language]
    var points: [Point] = [.embeddings, .norm, .pooled, .joined, .output]
    if let index = name.split(separator: ".").last.flatMap({ Int($0) }) {
      points += [.block(index), .deepstack(index)]
    }
    let stages = parts.flatMap { part in points.map { Stage(part, $0) } }
    guard let stage = stages.first(where: { $0.name == name && $0.isSensible }) else { return nil }
    self = stage
  }

  /// Whether its part has such a point.
  private var isSensible: Bool {
    switch (part, point) {
    case (_, .block(let index)), (_, .deepstack(let index)): index >= 0 && (part == .projector) == (point == .deepstack(index))
    case (.projector, _): point == .joined || point == .output
    case (.language, _): [.embeddings, .norm, .output].contains(point)
    case (.encoder(let index), _): point == .embeddings || (index == 0 && [.norm, .pooled].contains(point))
    }
  }
}

extension Stage.Part {
  /// What the names of its parameters and stages start with.
  var root: String {
    switch self {
    case .encoder(let index): ModelConfiguration.encoderRoots[index]
    case .projector: "projector"
    case .language: "language"
    }
  }
}

extension Stage: CustomStringConvertible {
  /// Its name.
  public var description: String { name }
}
