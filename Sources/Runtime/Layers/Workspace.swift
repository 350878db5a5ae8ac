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

/// The memory a forward pass works in; blocks allocate nothing.
final class Workspace {
  /// The residual stream, `[tokens, width]`.
  let stream: Scratch
  /// Attention's mixture of values, `[tokens, width]`.
  let mixed: Scratch
  /// Query, key and value, then the MLP's hidden layer, `[tokens, widest]`.
  let wide: Scratch
  /// The input of the next product, packed.
  let tokens = PackedTokens()

  init(tokens: Int, width: Int, widest: Int) {
    stream = Scratch(tokens * width)
    mixed = Scratch(tokens * width)
    wide = Scratch(tokens * widest)
  }
}
