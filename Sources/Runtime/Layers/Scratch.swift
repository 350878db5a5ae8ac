internal import Tensors

/// Uninitialised f32 memory that one run works in, 64-byte aligned and freed with its owner.
package final class Scratch {
  package let base: UnsafeMutablePointer<Float>
  package let count: Int
  private let memory: AlignedBytes

  package init(_ count: Int) {
    self.count = max(count, 1)
    memory = AlignedBytes(self.count * MemoryLayout<Float>.stride)
    base = memory.base.bindMemory(to: Float.self, capacity: self.count)
  }
}
