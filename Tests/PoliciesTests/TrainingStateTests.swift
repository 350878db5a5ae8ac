import Foundation
import Policies
import TestSupport
import Testing

/// What a stopped training leaves is gone on with, or passed over with a reason.
@Suite struct TrainingStateTests {
  private static let layout = FCDecoder.Layout(hidden: 8, chunk: 2)

  private func withState(_ body: (PolicyTrainer, String) throws -> Void) throws {
    try Fixture.withTemporaryDirectory { directory in
      let trainer = PolicyTrainer(
        FCDecoder(Self.layout, seed: 3), query: (0..<8).map { Float($0) / 8 }, settings: TrainingSettings())
      let path = TrainingState.path(beside: directory.appending(path: "policy.safetensors").path)
      try TrainingState(identity: "mine", trainer: trainer, records: []).write(path)
      try body(trainer, path)
    }
  }

  private func read(_ path: String, _ identity: String, like trainer: PolicyTrainer, query: Bool = true) throws -> TrainingState? {
    try TrainingState.read(
      path, identity: identity, like: trainer.head, query: query ? trainer.query : nil, settings: trainer.settings.adam)
  }

  @Test func comesBackBitForBit() throws {
    try withState { trainer, path in
      let state = try #require(try read(path, "mine", like: trainer))
      #expect(state.head == trainer.head && state.query == trainer.query && state.optimizer.step == trainer.step)
      #expect(state.optimizer.mean == trainer.optimizer.mean && state.optimizer.square == trainer.optimizer.square)
    }
  }

  @Test func noFileIsNoState() throws {
    try withState { trainer, path in
      let state = try read(path + "x", "mine", like: trainer)
      #expect(state == nil)
    }
  }

  @Test func anothersIsNamed() throws {
    try withState { trainer, path in
      #expect(throws: TrainingState.Unusable.another) { try read(path, "yours", like: trainer) }
    }
  }

  @Test func aCutOrForeignFileIsDamaged() throws {
    try withState { trainer, path in
      #expect(throws: TrainingState.Unusable.damaged) { try read(path, "mine", like: trainer, query: false) }
      let bytes = try Data(contentsOf: URL(filePath: path))
      for length in [0, 7, 40, bytes.count / 2, bytes.count - 1] {
        try bytes.prefix(length).write(to: URL(filePath: path))
        #expect(throws: TrainingState.Unusable.damaged, "\(length) bytes") { try read(path, "mine", like: trainer) }
      }
    }
  }
}
