internal import CCrypto

/// A running SHA-256, by libcrypto, which uses the processor's own instructions where it has them.
package final class SHA256 {
  private let context: OpaquePointer

  package init() {
    guard let context = EVP_MD_CTX_new() else { preconditionFailure("out of memory for a hash") }
    self.context = context
    restart()
  }

  deinit { EVP_MD_CTX_free(context) }

  private func restart() {
    precondition(EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1, "libcrypto has no SHA-256")
  }

  package func update(_ bytes: UnsafeRawBufferPointer) {
    precondition(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1)
  }

  package func update(_ text: String) {
    var text = text
    text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
  }

  /// The hash of everything since the last call, as 64 hexadecimal digits; starts anew.
  package func finish() -> String {
    let digest = [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
      var length: UInt32 = 0
      precondition(EVP_DigestFinal_ex(context, buffer.baseAddress, &length) == 1 && length == 32)
      count = 32
    }
    restart()
    return digest.map { byte in
      let text = String(byte, radix: 16)
      return byte < 16 ? "0" + text : text
    }.joined()
  }

  /// The hash of `bytes`, as 64 hexadecimal digits.
  package static func hash(of bytes: UnsafeRawBufferPointer) -> String {
    let hash = SHA256()
    hash.update(bytes)
    return hash.finish()
  }
}
