import Features
import Testing

@Suite struct PendingTests {
  private final class Held: Sendable {
    let number = 7
  }

  /// A file that is still open elsewhere would be seen, and a partial one be left, by whoever goes on.
  @Test(arguments: [false, true]) func whatItWorksWithIsLetGoBeforeAnybodyGoesOn(beside: Bool) throws {
    for turn in 0..<2000 {
      weak var held: Held?
      let pending: Pending<Int>
      do {
        let own = Held()
        held = own
        pending = Pending(beside: beside) { own.number }
      }
      if turn % 2 == 0 { #expect(try pending.get() == 7) } else { pending.abandon() }
      #expect(held == nil || (!beside && turn % 2 == 1))
    }
  }

  @Test(arguments: [false, true]) func errorsComeToWhoeverAsks(beside: Bool) {
    struct Broken: Error {}
    let pending = Pending<Int>(beside: beside) { throw Broken() }
    #expect(throws: Broken.self) { try pending.get() }
  }
}
