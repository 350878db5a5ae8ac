/// Token texts and their ids, both ways: one arena of bytes and an open-addressing table, no string per token.
struct TokenTable: Sendable {
  /// Random in each process, so that no file can be written whose tokens all collide.
  static let seed = UInt64.random(in: 1 ... .max) | 1

  private(set) var arena: [UInt8] = []
  /// Where each entry's bytes begin; entry i ends where i + 1 begins.
  private var starts: [UInt32] = [0]
  private var ids: [Int32] = []
  /// Entry + 1, 0 for none; a power of two long.
  private var slots: [UInt32]
  private var entryOfID: [Int32] = []

  init(capacity: Int) {
    var size = 16
    while size < capacity * 2 { size <<= 1 }
    slots = [UInt32](repeating: 0, count: size)
    ids.reserveCapacity(capacity)
    starts.reserveCapacity(capacity + 1)
  }

  /// The number of different tokens.
  var count: Int { ids.count }
  /// One above the largest id.
  private(set) var idLimit = 0

  @inline(__always) static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var hash = seed &+ UInt64(bytes.count) &* 0x9E37_79B9_7F4A_7C15
    var position = 0
    let raw = UnsafeRawBufferPointer(bytes)
    while position + 8 <= bytes.count {
      hash = mix(hash ^ raw.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      position += 8
    }
    if position < bytes.count {
      var tail: UInt64 = 0
      while position < bytes.count {
        tail = tail << 8 | UInt64(bytes[position])
        position += 1
      }
      hash = mix(hash ^ tail)
    }
    return hash
  }

  @inline(__always) static func mix(_ value: UInt64) -> UInt64 {
    let (high, low) = (value ^ 0xA076_1D64_78BD_642F).multipliedFullWidth(by: seed | 0xE703_7ED1_A0B4_28DB)
    return high ^ low
  }

  /// Adds a token; one that is there already gets the new id.
  mutating func insert(_ bytes: UnsafeBufferPointer<UInt8>, id: Int) {
    idLimit = max(idLimit, id + 1)
    let (slot, entry) = find(bytes)
    if entry >= 0 {
      ids[entry] = Int32(id)
      return
    }
    arena.append(contentsOf: bytes)
    starts.append(UInt32(arena.count))
    ids.append(Int32(id))
    slots[slot] = UInt32(ids.count)
    if ids.count * 2 > slots.count { grow() }
  }

  private mutating func grow() {
    slots = [UInt32](repeating: 0, count: slots.count * 2)
    for entry in 0..<ids.count {
      let slot = withBytes(of: entry) { emptySlot($0) }
      slots[slot] = UInt32(entry + 1)
    }
  }

  private func emptySlot(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var slot = Int(truncatingIfNeeded: Self.hash(bytes)) & (slots.count - 1)
    while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
    return slot
  }

  @inline(__always) private func find(_ bytes: UnsafeBufferPointer<UInt8>) -> (slot: Int, entry: Int) {
    var slot = Int(truncatingIfNeeded: Self.hash(bytes)) & (slots.count - 1)
    while slots[slot] != 0 {
      let entry = Int(slots[slot]) - 1
      if equals(entry, bytes) { return (slot, entry) }
      slot = (slot + 1) & (slots.count - 1)
    }
    return (slot, -1)
  }

  @inline(__always) private func equals(_ entry: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let start = Int(starts[entry])
    guard Int(starts[entry + 1]) - start == bytes.count else { return false }
    return arena.withUnsafeBufferPointer { arena in
      for index in 0..<bytes.count where arena[start + index] != bytes[index] { return false }
      return true
    }
  }

  private func withBytes<R>(of entry: Int, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    arena.withUnsafeBufferPointer {
      body(UnsafeBufferPointer(rebasing: $0[Int(starts[entry])..<Int(starts[entry + 1])]))
    }
  }

  /// Makes ids findable; call once all tokens are in.
  mutating func indexIDs() {
    entryOfID = [Int32](repeating: -1, count: idLimit)
    for (entry, id) in ids.enumerated() { entryOfID[Int(id)] = Int32(entry) }
  }

  /// The id, or -1.
  @inline(__always) func id(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    let entry = find(bytes).entry
    return entry < 0 ? -1 : Int(ids[entry])
  }

  func id(of token: String) -> Int? {
    var token = token
    let found = token.withUTF8 { self.id($0) }
    return found < 0 ? nil : found
  }

  func token(of id: Int) -> String? {
    guard id >= 0, id < entryOfID.count, entryOfID[id] >= 0 else { return nil }
    return withBytes(of: Int(entryOfID[id])) { (bytes) -> String in String(decoding: bytes, as: UTF8.self) }
  }

  func forEach(_ body: (_ bytes: UnsafeBufferPointer<UInt8>, _ id: Int) -> Void) {
    for entry in 0..<ids.count { withBytes(of: entry) { (bytes) -> Void in body(bytes, Int(ids[entry])) } }
  }
}
