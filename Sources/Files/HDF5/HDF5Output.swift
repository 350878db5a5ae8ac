internal import CHDF5
internal import Foundation
internal import Tensors

/// The file under an `HDF5Writer`: libhdf5 writes through a driver that remembers the first failure (`CHDF5/output.c`).
final class HDF5Output: Sendable {
  /// The name that errors give it.
  let path: String
  private nonisolated(unsafe) let pointer: OpaquePointer  // used under the library's lock only

  init(_ file: OutputFile, path: String) throws(VLMError) {
    guard let pointer = chdf5_output_make(file.descriptor) else { throw .writing(path, errno: errno) }
    self.path = path
    self.pointer = pointer
  }

  deinit { HDF5Library.release(pointer) }

  /// Makes the HDF5 file.
  func create() throws(VLMError) -> HDF5Handle {
    try HDF5Library.locked { () throws(VLMError) in
      let access = try HDF5Handle(chdf5_output_access(pointer), "cannot set up writing", file: path)
      let file = H5Fcreate(path, chdf5_truncate(), chdf5_p_default(), access.id)
      try check(file >= 0 ? 0 : -1, "cannot be made")
      return try HDF5Handle(file, "cannot be made", file: path)
    }
  }

  /// Throws when a call failed or a write did, which libhdf5 is not told. To be called under the library's lock.
  func check(_ status: herr_t, _ doing: String, _ object: String? = nil) throws(VLMError) {
    let number = chdf5_output_error(pointer)
    guard number == 0 else { throw .writing(path, errno: number) }
    guard status >= 0 else {
      let library = HDF5Library.failure(doing, file: path, object: object)
      throw VLMError(
        .hdf5WriteFailed, library.message, file: path, tensor: object,
        remedy: "this should not happen; please report it")
    }
  }
}
