internal import Mapping

/// A module of the model that may lose information, and what the report calls it. `--json` writes its `id`.
public struct ProbeModule: Sendable, Hashable {
  /// `vision`, `projector`, `language`.
  public let id: String
  /// In a sentence: `vision encoder`.
  public let name: String
  /// The same before "output": `encoder`.
  package let short: String
  /// What formulas call its output: S(E,L*).
  package let letter: String
  /// What formulas add to g, its loss: `vis`.
  package let index: String

  init(_ component: ModelComponent, _ name: String, short: String? = nil, letter: String, index: String) {
    id = component.rawValue
    self.name = name
    self.short = short ?? name
    self.letter = letter
    self.index = index
  }
}

extension ProbeModule {
  /// The encoders.
  public static let vision = ProbeModule(
    .vision, "vision encoder", short: "encoder", letter: "E", index: "vis")
  /// What makes image features of their tokens.
  public static let projector = ProbeModule(.projector, "projector", letter: "M", index: "proj")
  /// The decoder.
  public static let language = ProbeModule(.language, "language model", letter: "H", index: "lang")

  /// In the order in which information passes them; a module is a line here.
  public static let all = [vision, projector, language]
}

extension ProbeModule: Encodable {
  /// Writes its `id`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(id)
  }
}
