internal import CCrypto
internal import CSHA256

/// A running SHA-256, by the processor's own instructions where it has them.
///
/// One message at a time is bound by the latency of those instructions, so who has several at hand gives them
/// together:
///
///     SHA256.update([(first, bytes), (second, otherBytes)])
package final class SHA256 {
  /// Where the hash is computed.
  package enum Engine: CaseIterable, Sendable {
    /// Our own code, which takes several messages at once; x86 with the SHA instructions only.
    case lanes
    /// libcrypto: on every machine, one message at a time.
    case library

    /// The better one of those that this machine can run.
    package static let best: Engine = csha256_available() ? .lanes : .library
  }

  private enum State {
    case lanes(SHA256Lane)
    case library(OpaquePointer)
  }

  private let state: State

  /// - Parameter engine: traps on one that this machine cannot run.
  package init(_ engine: Engine = .best) {
    switch engine {
    case .lanes:
      precondition(Engine.best == .lanes, "this machine has no SHA instructions")
      state = .lanes(SHA256Lane())
    case .library:
      guard let context = EVP_MD_CTX_new() else { preconditionFailure("out of memory for a hash") }
      state = .library(context)
    }
    restart()
  }

  deinit {
    if case .library(let context) = state { EVP_MD_CTX_free(context) }
  }

  private func restart() {
    switch state {
    case .lanes(let lane): lane.restart()
    case .library(let context):
      precondition(EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1, "libcrypto has no SHA-256")
    }
  }

  package func update(_ bytes: UnsafeRawBufferPointer) { Self.update([(self, bytes)]) }

  /// Goes on with several messages at once; no hash may be there twice.
  package static func update(_ parts: [(hash: SHA256, bytes: UnsafeRawBufferPointer)]) {
    var blocks: [SHA256Lane.Blocks] = []
    for part in parts {
      switch part.hash.state {
      case .lanes(let lane):
        if let whole = lane.take(part.bytes) { blocks.append(whole) }
      case .library(let context):
        precondition(EVP_DigestUpdate(context, part.bytes.baseAddress, part.bytes.count) == 1)
      }
    }
    SHA256Lane.update(blocks)
  }

  package func update(_ text: String) {
    var text = text
    text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
  }

  /// The hash of everything since the last call, as 64 hexadecimal digits; starts anew.
  package func finish() -> String {
    let digest = [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
      switch state {
      case .lanes(let lane): lane.finish(into: UnsafeMutableRawBufferPointer(buffer))
      case .library(let context):
        var length: UInt32 = 0
        precondition(EVP_DigestFinal_ex(context, buffer.baseAddress, &length) == 1 && length == 32)
      }
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
