/// One of several parts of equal size that a work is cut into, such as the third of sixteen: for so many machines or jobs.
public struct Share: Sendable, Equatable, CustomStringConvertible {
  /// From 1 to `count`.
  public let place: Int
  /// How many there are.
  public let count: Int

  /// Reads `3/16`; `nil` where the text is no such thing.
  public init?(_ text: String) {
    let numbers = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count == 2, let place = numbers[0], let count = numbers[1], (1...100_000).contains(count), (1...count).contains(place)
    else { return nil }
    (self.place, self.count) = (place, count)
  }

  /// `3/16`.
  public var description: String { "\(place)/\(count)" }

  /// Whether the piece of work number `index` belongs to it.
  package func has(_ index: Int) -> Bool { index % count == place - 1 }
}
