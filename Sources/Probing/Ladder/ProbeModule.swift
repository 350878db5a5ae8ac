internal import Mapping

/// A module of the model that may lose information, and what the report calls it. `--json` writes its `id`.
public struct ProbeModule: Sendable, Hashable {
  /// `vision`, `projector`, `language`, `fusion`.
  public let id: String
  /// In a sentence: `vision encoder`.
  public let name: String
  /// The same before "output": `encoder`.
  package let short: String
  /// What formulas call its output: S(E,L*).
  package let letter: String
  /// What formulas add to g, its loss: `vis`.
  package let index: String

  private init(id: String, _ name: String, short: String? = nil, letter: String, index: String) {
    self.id = id
    self.name = name
    self.short = short ?? name
    self.letter = letter
    self.index = index
  }

  private init(
    _ component: ModelComponent, _ name: String, short: String? = nil, letter: String, index: String
  ) {
    self.init(id: component.rawValue, name, short: short, letter: letter, index: index)
  }
}

extension ProbeModule {
  /// The encoders.
  public static let vision = ProbeModule(
    .vision, "vision encoder", short: "encoder", letter: "E", index: "vis")
  /// What makes image features of their tokens.
  public static let projector = ProbeModule(.projector, "projector", letter: "M", index: "proj")
  /// The decoder: what its output, at the picture's tokens and at the last, still tells of the picture.
  public static let language = ProbeModule(.language, "language model", letter: "H", index: "lang")
  /// The language model's other task, to find out what of the picture the instruction is about.
  public static let fusion = ProbeModule(
    id: "fusion", "fusion of picture and instruction", short: "fusion", letter: "H", index: "fuse")

  /// In the order in which information passes them; a module is a line here.
  public static let all = [vision, projector, language, fusion]
}

extension ProbeModule: Encodable {
  /// Writes its `id`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(id)
  }
}
