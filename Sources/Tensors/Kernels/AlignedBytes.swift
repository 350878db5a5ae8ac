/// Uninitialised memory on a 64-byte boundary, freed with its owner.
final class AlignedBytes {
  let base: UnsafeMutableRawPointer
  let count: Int

  init(_ count: Int) {
    self.count = count
    base = UnsafeMutableRawPointer.allocate(byteCount: max(count, 64), alignment: 64)
  }

  deinit { base.deallocate() }
}
