package import Features
internal import Mapping
internal import Runtime

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
