package import Features
internal import Mapping
internal import Runtime

/// The modules that stages were read of, in order, each with the stages at which what it made leaves it.
///
/// What a module loses is what the exit before it adds to the exits from it on; before the first stand the frames. Last comes
/// the fusion of picture and instruction, where the last token was read: what knowing the task adds to the last exit.
package struct ProbeLadder: Sendable {
  package struct Rung: Sendable {
    package let module: ProbeModule
    /// Index among the stages.
    package let exit: Int
    /// `exit`, and what leaves the module beside it: features of DeepStack, the language model's last token.
    package let blocks: [Int]
  }

  package let rungs: [Rung]
  /// Whether a stage was read that has seen the instruction.
  package let fuses: Bool

  /// Whether a stage is what the first module, the encoder, passes on.
  package func isOutput(_ stage: Int) -> Bool { rungs.first?.exit == stage }

  /// Of stages as they were read; pixels are on none of its rungs.
  package init(_ stages: [ProbeStage]) { self.init(stages.map(\.point)) }

  /// A module's exit is its last norm, else its projection, its last block, its last stage.
  package init(_ points: [ProbePoint?]) {
    rungs = ProbeModule.all.compactMap { module in
      let own = points.indices.filter { points[$0]?.stage.component.rawValue == module.id }
      let ofPicture = own.filter { points[$0]?.tokens == .picture }
      let exits = [ProbeStage.Kind.norm, .projector, .block].lazy.compactMap { kind in
        ofPicture.last { points[$0].map { ProbeStage.Kind($0.stage) } == kind }
      }
      guard let exit = exits.first ?? ofPicture.last else { return nil }
      let beside = own.filter { index in
        guard index != exit, let point = points[index] else { return false }
        if case .deepstack = point.stage.point { return true }
        return point.tokens == .last && point.stage == points[exit]?.stage
      }
      return Rung(module: module, exit: exit, blocks: [exit] + beside)
    }
    fuses = rungs.last?.blocks.contains { points[$0]?.tokens == .last } == true
  }

  package var modules: [ProbeModule] { rungs.map(\.module) + (fuses ? [.fusion] : []) }

  /// `S(M or M,E) - S(M)`, the loss of a module as a difference of scores: the sets of outputs that each is the best of, R
  /// being the features of the frames, and all with the task (L*) where that helps.
  package func formula(_ module: ProbeModule) -> String {
    let exits = rungs.map(\.module)
    /// What the best from rung `first` on is made of.
    func best(from first: Int) -> String {
      let sets = (first..<exits.count).reversed().map { lowest in
        exits[lowest...].reversed().map(\.letter).joined(separator: ",")
      }
      return sets.joined(separator: " or ")
    }
    guard let rung = exits.firstIndex(of: module) else {
      return "S(\(best(from: exits.count - 1))) - S(\(best(from: exits.count - 1)) without L*)"
    }
    let added = rung == 0 ? ", or with R" : ""
    return "S(\(best(from: max(rung - 1, 0)))\(added)) - S(\(best(from: rung)))"
  }
}
