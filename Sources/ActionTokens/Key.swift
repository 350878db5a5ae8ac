/// A key or mouse button that an action can hold down.
package enum Key: Int, CaseIterable, Sendable {
  case forward, back, left, right, sprint, sneak, use, drop, attack, jump, inventory
  case hotbar1, hotbar2, hotbar3, hotbar4, hotbar5, hotbar6, hotbar7, hotbar8, hotbar9

  /// By all names, in the order of cases.
  package static let names = allCases.map(\.name)

  /// Keys of MineRL's recordings that no action token stands for; the authors drop them.
  package static let untold = ["ESC", "pickItem", "swapHands", "chat"]

  /// MineRL's: `hotbar.3`.
  package var name: String {
    self < .hotbar1 ? "\(self)" : "hotbar.\(rawValue - Key.hotbar1.rawValue + 1)"
  }

  package init?(named name: String) {
    guard let place = Self.names.firstIndex(of: name) else { return nil }
    self = Self.allCases[place]
  }
}

extension Key: Comparable {
  package static func < (left: Key, right: Key) -> Bool { left.rawValue < right.rawValue }
}

/// Keys that are down together.
package struct Keys: OptionSet, Hashable, Sendable {
  /// Bit n is the key of raw value n.
  package let rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package init(_ keys: some Sequence<Key>) { rawValue = keys.reduce(0) { $0 | Self.bit($1) } }

  /// Those down, in the order of `Key`'s cases.
  package var list: [Key] { Key.allCases.filter(holds) }

  package func holds(_ key: Key) -> Bool { rawValue & Self.bit(key) != 0 }

  private static func bit(_ key: Key) -> UInt32 { 1 << UInt32(key.rawValue) }
}
