/// Pairs of ids to the merge's rank and the id of what they become: open addressing over three flat arrays.
struct MergeTable: Sendable {
  private struct Slot {
    var key: UInt64 = .max
    var rank: UInt32 = 0
    var result: Int32 = 0
  }
  private var slots: [Slot]
  private let mask: Int

  init(capacity: Int) {
    var size = 16
    while size < capacity * 2 { size <<= 1 }
    slots = [Slot](repeating: Slot(), count: size)
    mask = size - 1
  }

  @inline(__always) static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  @inline(__always) private func slot(_ key: UInt64) -> Int {
    var slot = Int(truncatingIfNeeded: TokenTable.mix(key)) & mask
    while slots[slot].key != key, slots[slot].key != .max { slot = (slot + 1) & mask }
    return slot
  }

  /// A pair that is there already gets the new rank. At most `capacity` different pairs.
  mutating func insert(_ left: Int32, _ right: Int32, rank: Int, result: Int32) {
    let key = Self.key(left, right)
    slots[slot(key)] = Slot(key: key, rank: UInt32(rank), result: result)
  }

  /// The merge of the pair, its rank `UInt32.max` where there is none.
  @inline(__always) func merge(_ left: Int32, _ right: Int32) -> (rank: UInt32, result: Int32) {
    let slot = slots[slot(Self.key(left, right))]
    return slot.key == .max ? (.max, -1) : (slot.rank, slot.result)
  }

  func forEach(_ body: (_ left: Int32, _ right: Int32, _ result: Int32) -> Void) {
    for slot in slots where slot.key != .max {
      body(Int32(truncatingIfNeeded: slot.key >> 32), Int32(truncatingIfNeeded: slot.key), slot.result)
    }
  }
}
