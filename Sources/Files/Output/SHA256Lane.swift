internal import CSHA256

/// One SHA-256 message between calls of the lane code: eight words of state, and the bytes short of a block.
final class SHA256Lane {
  /// Whole blocks of a message that its state does not have yet.
  struct Blocks {
    let lane: SHA256Lane
    var data: UnsafePointer<UInt8>
    var count: Int
  }

  private static let blockByteCount = Int(CSHA256_BLOCK)
  private static let most = Int(CSHA256_LANES)

  private let state: UnsafeMutablePointer<UInt32> = .allocate(capacity: 8)
  private let rest: UnsafeMutableRawPointer = .allocate(byteCount: blockByteCount, alignment: 8)
  private var restCount = 0
  private var byteCount = 0

  init() { restart() }

  deinit {
    state.deallocate()
    rest.deallocate()
  }

  func restart() {
    csha256_start(state)
    restCount = 0
    byteCount = 0
  }

  /// Takes what completes a block and what falls short of one; the blocks between them are the caller's to pass
  /// to `update`, before this message goes on. `nil` when there are none.
  func take(_ bytes: UnsafeRawBufferPointer) -> Blocks? {
    byteCount += bytes.count
    guard var data = bytes.baseAddress else { return nil }
    var left = bytes.count
    if restCount > 0 {
      let count = min(left, Self.blockByteCount - restCount)
      rest.advanced(by: restCount).copyMemory(from: data, byteCount: count)
      restCount += count
      data += count
      left -= count
      guard restCount == Self.blockByteCount else { return nil }
      takeRest()
    }
    let blocks = left / Self.blockByteCount
    restCount = left % Self.blockByteCount
    rest.copyMemory(from: data + blocks * Self.blockByteCount, byteCount: restCount)
    guard blocks > 0 else { return nil }
    return Blocks(lane: self, data: data.assumingMemoryBound(to: UInt8.self), count: blocks)
  }

  /// Brings all messages up to their blocks' ends: the longest go together, as many as one call takes, until the
  /// shortest of them ends.
  static func update(_ blocks: [Blocks]) {
    var open = blocks
    while !open.isEmpty {
      open.sort { $0.count > $1.count }
      let together = min(open.count, most)
      let count = open[together - 1].count
      withUnsafeTemporaryAllocation(of: UnsafeMutablePointer<UInt32>?.self, capacity: together) { states in
        withUnsafeTemporaryAllocation(of: UnsafePointer<UInt8>?.self, capacity: together) { data in
          for index in 0..<together {
            states.initializeElement(at: index, to: open[index].lane.state)
            data.initializeElement(at: index, to: open[index].data)
          }
          csha256_update(states.baseAddress, data.baseAddress, together, count)
        }
      }
      for index in 0..<together {
        open[index].data += count * blockByteCount
        open[index].count -= count
      }
      open.removeAll { $0.count == 0 }
    }
  }

  /// Ends the message (a one bit, zeros, its length in bits) and writes the 32 bytes of its hash.
  func finish(into digest: UnsafeMutableRawBufferPointer) {
    let lengthByteCount = 8
    rest.storeBytes(of: 0x80, toByteOffset: restCount, as: UInt8.self)
    restCount += 1
    if restCount > Self.blockByteCount - lengthByteCount {
      clearRest()
      takeRest()
      restCount = 0
    }
    clearRest()
    rest.storeBytes(
      of: UInt64(byteCount * 8).bigEndian, toByteOffset: Self.blockByteCount - lengthByteCount,
      as: UInt64.self)
    takeRest()
    for word in 0..<8 {
      digest.storeBytes(of: state[word].bigEndian, toByteOffset: word * 4, as: UInt32.self)
    }
  }

  private func clearRest() {
    rest.advanced(by: restCount).initializeMemory(
      as: UInt8.self, repeating: 0, count: Self.blockByteCount - restCount)
  }

  private func takeRest() {
    Self.update([Blocks(lane: self, data: UnsafePointer(rest.assumingMemoryBound(to: UInt8.self)), count: 1)])
  }
}
