package import Features

/// Which stages of two encoders stand against each other: those of one name, whatever their depth.
package struct StagePairing: Sendable {
  private let first: [ProbeStage]
  private let second: [ProbeStage]

  package init(_ first: [ProbeStage], _ second: [ProbeStage]) {
    self.first = first
    self.second = second
  }

  /// What a reader has to know where the two are built differently; empty for two of one architecture.
  package var notes: [String] {
    var notes: [String] = []
    let (here, there) = (blocks(first), blocks(second))
    if here != there {
      notes.append(
        "The checkpoints differ in depth, \(here) and \(there) blocks, and blocks are compared by number: block 3 of one "
          + "stands against block 3 of the other, not against the one as deep in its encoder.")
    }
    let alone =
      unpaired(first, second).map { "\($0) of the first" }
      + unpaired(second, first).map { "\($0) of the second" }
    if !alone.isEmpty {
      notes.append("Not compared, for want of a counterpart: \(alone.joined(separator: ", ")).")
    }
    for stage in first {
      guard let other = second.first(where: { $0.name == stage.name }), other.hasGrid != stage.hasGrid else {
        continue
      }
      let (grid, vector) = stage.hasGrid ? ("first", "second") : ("second", "first")
      notes.append(
        "\(stage.name) is a grid of tokens in the \(grid) checkpoint and one vector in the \(vector): the difference there "
          + "is also one of the readout.")
    }
    return notes
  }

  private func blocks(_ stages: [ProbeStage]) -> Int { stages.count { $0.kind == .block } }

  /// Stages after the blocks that the other one has not.
  private func unpaired(_ stages: [ProbeStage], _ others: [ProbeStage]) -> [String] {
    stages.filter { stage in stage.kind != .block && !others.contains { $0.name == stage.name } }.map(\.name)
  }
}
