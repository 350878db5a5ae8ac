/// Bytes that stay where they are for as long as their owner lives: part of a mapped file, say.
package struct ResidentBytes {
  /// What keeps `bytes` valid.
  package let owner: any AnyObject & Sendable
  /// At any address; tensors in files need not be aligned.
  package let bytes: UnsafeRawBufferPointer

  package init(_ bytes: UnsafeRawBufferPointer, owner: any AnyObject & Sendable) {
    self.bytes = bytes
    self.owner = owner
  }

  /// Part of them, with the same owner.
  package subscript(range: Range<Int>) -> ResidentBytes {
    ResidentBytes(UnsafeRawBufferPointer(rebasing: bytes[range]), owner: owner)
  }
}

// Nobody writes the bytes while the owner lives.
extension ResidentBytes: @unchecked Sendable {}
