package import Features
internal import Mapping
internal import Runtime

/// The modules that stages were read of, in order, each with the stage at which what it made leaves it.
///
/// What a module loses is what the exit before it adds to the exits from it on; before the first stand the frames.
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

  /// `S(M or M,E) - S(M)`, the loss of a rung as a difference of scores: the sets of outputs that each is the best of, R being
  /// the features of the frames.
  func formula(_ rung: Int) -> String {
    func list(_ sets: [[Int]]) -> String {
      let names = sets.map { set in
        set.reversed().map { $0 == 0 ? "R" : rungs[$0 - 1].module.letter }.joined(separator: ",")
      }
      return "S(\(names.joined(separator: " or ")))"
    }
    let sets = LadderScores.sets(rungs.count).from
    let after = list(sets[rung + 1])
    return rung == 0
      ? "S(\(after.dropFirst(2).dropLast()), or with R) - \(after)" : "\(list(sets[rung])) - \(after)"
  }
}
