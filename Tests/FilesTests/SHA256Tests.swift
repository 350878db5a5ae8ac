import Files
import Foundation
import Testing

/// Both engines against published hashes, and the one that takes several messages at once against libcrypto.
@Suite struct SHA256Tests {
  private static let engines = SHA256.Engine.allCases.filter { $0 == .library || $0 == .best }

  struct Known: CustomTestStringConvertible {
    let text: String
    var repeated = 1
    let hash: String
    var testDescription: String { "\(text) x \(repeated)" }
  }

  /// NIST's examples for FIPS 180-4.
  @Test(
    arguments: [
      Known(text: "", hash: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      Known(text: "abc", hash: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      Known(
        text: "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        hash: "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
      Known(
        text: "a", repeated: 1_000_000,
        hash: "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ], engines)
  func knownHashes(_ known: Known, engine: SHA256.Engine) {
    let hash = SHA256(engine)
    let message = String(repeating: known.text, count: known.repeated)
    hash.update(message)
    #expect(hash.finish() == known.hash)
    hash.update(message)
    #expect(hash.finish() == known.hash, "finish() starts anew")
  }

  /// Lengths around a block and around the room that the length needs in the last one.
  @Test(arguments: [0, 1, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 1000, 100_003])
  func equalsTheLibrary(count: Int) {
    let bytes = Self.bytes(count, seed: 1)
    for piece in [1, 7, 63, 64, 65, 1000, 100_003] where piece * 2000 >= count {
      let ours = SHA256()
      bytes.withUnsafeBytes { bytes in
        for start in stride(from: 0, to: count, by: piece) {
          ours.update(UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + piece, count)]))
        }
      }
      #expect(ours.finish() == Self.library(bytes), "in pieces of \(piece)")
    }
  }

  /// Messages of unlike lengths, more of them than go at once, given piece by piece.
  @Test(arguments: 0...9)
  func severalAtOnceEqualTheLibrary(messages: Int) {
    var generator = SplitMix(state: UInt64(messages))
    let texts = (0..<messages).map { Self.bytes(generator.next(below: 5000), seed: $0) }
    let hashes = texts.map { _ in SHA256() }
    var done = texts.map { _ in 0 }
    while zip(done, texts).contains(where: { $0 < $1.count }) {
      let ends = zip(done, texts).map { min($0 + generator.next(below: 700), $1.count) }
      // The memory of each message lives as long as its copy here.
      let pieces = texts.indices.map { index in
        let memory = UnsafeMutableRawBufferPointer.allocate(
          byteCount: ends[index] - done[index], alignment: 1)
        memory.copyBytes(from: texts[index][done[index]..<ends[index]])
        return UnsafeRawBufferPointer(memory)
      }
      SHA256.update(Array(zip(hashes, pieces)).map { (hash: $0, bytes: $1) })
      for piece in pieces { piece.deallocate() }
      done = ends
    }
    #expect(hashes.map { $0.finish() } == texts.map(Self.library))
  }

  private struct SplitMix {
    var state: UInt64
    mutating func next(below bound: Int) -> Int {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return Int((z ^ (z >> 31)) % UInt64(bound))
    }
  }

  private static func bytes(_ count: Int, seed: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: ($0 &+ seed) &* 2_654_435_761 >> 13) }
  }

  private static func library(_ bytes: [UInt8]) -> String {
    let hash = SHA256(.library)
    bytes.withUnsafeBytes { hash.update($0) }
    return hash.finish()
  }
}
