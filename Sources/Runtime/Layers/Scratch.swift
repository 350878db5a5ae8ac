/// Uninitialised f32 memory that one run works in, 64-byte aligned and freed with its owner.
package final class Scratch {
  package let base: UnsafeMutablePointer<Float>
  package let count: Int

  package init(_ count: Int) {
    self.count = max(count, 1)
    let raw = UnsafeMutableRawPointer.allocate(
      byteCount: self.count * MemoryLayout<Float>.stride, alignment: 64)
    base = raw.bindMemory(to: Float.self, capacity: self.count)
  }

  deinit { UnsafeMutableRawPointer(base).deallocate() }
}
