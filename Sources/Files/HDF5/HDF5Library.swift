internal import CHDF5
internal import Foundation
internal import Tensors

/// The one door to libhdf5, which is not thread-safe as Debian builds it.
enum HDF5Library {
  // Recursive, for a handle may be released, and so closed, while the lock is held.
  private static let lock = NSRecursiveLock()

  /// Runs `body` while no other thread is in the library. Every call into libhdf5 is made in here.
  static func locked<R>(_ body: () throws(VLMError) -> R) throws(VLMError) -> R {
    lock.lock()
    defer { lock.unlock() }
    chdf5_prepare()
    return try body()
  }

  static func release(_ id: hid_t) {
    lock.lock()
    defer { lock.unlock() }
    H5Idec_ref(id)
  }

  static func release(_ output: OpaquePointer) {
    lock.lock()
    defer { lock.unlock() }
    chdf5_output_release(output)
  }

  /// What the library says of the call that just failed, as an error about `object` in `file`.
  static func failure(_ doing: String, file: String, object: String? = nil) -> VLMError {
    var text = [CChar](repeating: 0, count: 512)
    let isTruncated = chdf5_last_error(&text, text.count)
    let words = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return VLMError(
      isTruncated ? .hdf5Truncated : .hdf5Damaged, words.isEmpty ? doing : "\(doing): \(words)", file: file,
      tensor: object, remedy: "the file is damaged or cut short; get it again")
  }
}

/// An identifier of libhdf5, closed with its owner.
final class HDF5Handle: Sendable {
  let id: hid_t

  /// Takes over `id`; throws the library's complaint when it is not one.
  init(_ id: hid_t, _ doing: String, file: String, object: String? = nil) throws(VLMError) {
    guard id >= 0 else { throw HDF5Library.failure(doing, file: file, object: object) }
    self.id = id
  }

  deinit { HDF5Library.release(id) }
}
