package import Features
package import Mapping
package import Runtime

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
  public static let vision = ProbeModule(
    .vision, "vision encoder", short: "encoder", letter: "E", index: "vis")
  public static let projector = ProbeModule(.projector, "projector", letter: "M", index: "proj")
  public static let language = ProbeModule(.language, "language model", letter: "H", index: "lang")

  /// In the order in which information passes them; a module is a line here.
  public static let all = [vision, projector, language]
}

extension ProbeModule: Encodable {
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(id)
  }
}

/// The modules that stages were read of, in order, each with the stage at which what it made leaves it.
///
/// What a module loses is the difference between its exit and the one before; before the first stands the recorded state O.
package struct ProbeLadder: Sendable {
  package struct Rung: Sendable {
    package let module: ProbeModule
    /// Index among the stages.
    package let exit: Int
  }

  package let rungs: [Rung]

  /// A module's exit is its last norm, else its projection, its last block, its last stage.
  package init(_ stages: [ProbeStage]) {
    rungs = ProbeModule.all.compactMap { module in
      let own = stages.indices.filter { Stage(name: stages[$0].name)?.component.rawValue == module.id }
      let exits = [ProbeStage.Kind.norm, .projector, .block].lazy.compactMap { kind in
        own.last { stages[$0].kind == kind }
      }
      return (exits.first ?? own.last).map { Rung(module: module, exit: $0) }
    }
  }

  package var modules: [ProbeModule] { rungs.map(\.module) }

  /// `S(O,L*) - S(E,L*)`, the loss of a rung as a difference of scores.
  func formula(_ rung: Int) -> String {
    "S(\(rung > 0 ? rungs[rung - 1].module.letter : "O"),L*) - S(\(rungs[rung].module.letter),L*)"
  }
}
