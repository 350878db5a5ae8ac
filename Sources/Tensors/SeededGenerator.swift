internal import Foundation

/// SplitMix64 (Steele, Lea, Flood 2014): the program's one source of chance.
///
/// Everything drawn from it depends on the seed alone, so that a run can be repeated on any machine.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  /// A generator for one purpose, so that drawing more for one leaves the others as they were.
  package init(seed: UInt64, purpose: String) {
    self.init(seed: seed ^ Self.hash(of: purpose))
    _ = next()
  }

  package mutating func next() -> UInt64 {
    defer { state &+= Self.increment }
    return Self.mixed(state)
  }

  /// What the state grows by from number to number.
  package static let increment: UInt64 = 0x9e37_79b9_7f4a_7c15

  /// The number that comes next in the state `state`: for numbers drawn by their place, in any order.
  package static func mixed(_ state: UInt64) -> UInt64 {
    var z = state &+ increment
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// FNV-1a of a name.
  package static func hash(of name: String) -> UInt64 {
    name.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  /// Uniform in `0..<bound`, by rejection.
  package mutating func index(below bound: Int) -> Int {
    precondition(bound > 0)
    let bound = UInt64(bound)
    let limit = UInt64.max - UInt64.max % bound
    while true {
      let value = next()
      if value < limit { return Int(value % bound) }
    }
  }

  /// Uniform in (0, 1).
  package mutating func uniform() -> Double { Self.uniform(next()) }

  /// The number in (0, 1) that 64 random bits stand for.
  package static func uniform(_ bits: UInt64) -> Double { (Double(bits >> 11) + 0.5) * 0x1p-53 }

  /// Standard normal, by Box and Muller.
  package mutating func normal() -> Double {
    (-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform())
  }

  package mutating func normals(_ count: Int) -> [Float] { (0..<count).map { _ in Float(normal()) } }

  package mutating func shuffled<T>(_ items: [T]) -> [T] {
    var items = items
    for last in stride(from: items.count - 1, to: 0, by: -1) { items.swapAt(last, index(below: last + 1)) }
    return items
  }
}
