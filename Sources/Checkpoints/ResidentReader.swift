package import Tensors

/// A checkpoint whose tensors stay mapped, so that their bytes can be used where they are for as long as somebody wants.
///
/// The price: when another program cuts such a file short while its bytes are in use, the process is killed, as with every
/// mapped file. `withBytes` and `readBytes` notice it instead.
package protocol ResidentReader: CheckpointReader {
  /// The bytes of a tensor, in file order and little-endian, kept mapped by their owner.
  ///
  /// - Throws: `file.changed` when the file is shorter than it was.
  func resident(_ name: String) throws(VLMError) -> ResidentBytes
}
