internal import CCrypto
internal import Files
internal import Foundation
internal import Tensors

/// A blob on its way into the cache, and which of its bytes have come.
///
/// `HASH.vlmtool` is as long as the blob; `HASH.vlmtool.done` has a line `FIRST END` for every piece that is written. (What
/// huggingface_hub leaves, `HASH.incomplete`, is the beginning of a file, so it goes by another name.)
final class PartialFile {
  let byteCount: Int
  private let output: OutputFile
  private let record: OutputFile
  private let pieceBytes: Int
  /// Apart, ascending.
  private(set) var done: [Range<Int>] = []

  static func path(_ blob: String) -> String { blob + ".vlmtool" }

  /// - Throws: `files.output.busy` while another run is at it.
  init(_ blob: String, byteCount: Int, pieceBytes: Int) throws(VLMError) {
    self.byteCount = byteCount
    self.pieceBytes = pieceBytes
    output = try OutputFile(Self.path(blob))
    try output.lock()
    record = try OutputFile(Self.path(blob) + ".done")
    if output.byteCount == byteCount {
      for range in try Self.ranges(in: record, below: byteCount) { add(range) }
    } else {
      try output.setByteCount(byteCount)
      try forget()
    }
    UnfinishedFiles.begin(output.path, .kept)
  }

  private static func ranges(in record: OutputFile, below limit: Int) throws(VLMError) -> [Range<Int>] {
    var bytes = [UInt8](repeating: 0, count: min(record.byteCount, 64 << 20))
    let result = bytes.withUnsafeMutableBytes { buffer in
      Result { () throws(VLMError) in try record.read(0..<buffer.count, into: buffer) }
    }
    try result.get()
    // A last line without an end was cut off.
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      .compactMap { line in
        let ends = line.split(separator: " ").compactMap { Int($0) }
        return ends.count == 2 && 0 <= ends[0] && ends[0] < ends[1] && ends[1] <= limit ? ends[0]..<ends[1] : nil
      }
  }

  private func add(_ range: Range<Int>) {
    var merged = range
    var apart: [Range<Int>] = []
    for other in done {
      if other.upperBound < merged.lowerBound || other.lowerBound > merged.upperBound {
        apart.append(other)
      } else {
        merged = min(other.lowerBound, merged.lowerBound)..<max(other.upperBound, merged.upperBound)
      }
    }
    done = (apart + [merged]).sorted { $0.lowerBound < $1.lowerBound }
  }

  /// What is still to come, in pieces.
  var missing: [Range<Int>] {
    var start = 0
    var gaps: [Range<Int>] = []
    for range in done + [byteCount..<byteCount] {
      gaps += stride(from: start, to: range.lowerBound, by: pieceBytes).map { $0..<min($0 + pieceBytes, range.lowerBound) }
      start = range.upperBound
    }
    return gaps
  }

  var doneBytes: Int { done.reduce(0) { $0 + $1.count } }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(VLMError) { try output.write(bytes, at: offset) }

  /// Notes that a piece is written.
  func finish(_ range: Range<Int>) throws(VLMError) {
    add(range)
    let line = Array("\(range.lowerBound) \(range.upperBound)\n".utf8)
    let place = record.byteCount
    let result = line.withUnsafeBytes { bytes in Result { () throws(VLMError) in try record.write(bytes, at: place) } }
    try result.get()
  }

  /// Starts from the beginning.
  func forget() throws(VLMError) {
    done = []
    try record.setByteCount(0)
  }

  /// SHA-256, or that of git's blob.
  func hash(isLarge: Bool) throws(VLMError) -> String {
    let large = isLarge ? SHA256() : nil
    let small = isLarge ? nil : GitBlobHash(byteCount: byteCount)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 << 20, alignment: 64)
    defer { buffer.deallocate() }
    for start in stride(from: 0, to: byteCount, by: buffer.count) {
      let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, byteCount - start)])
      try output.read(start..<start + part.count, into: part)
      large?.update(UnsafeRawBufferPointer(part))
      small?.update(UnsafeRawBufferPointer(part))
    }
    return large?.finish() ?? small!.finish()
  }

  /// Gives the whole file its name.
  func finish(as blob: String) throws(VLMError) {
    guard rename(output.path, blob) == 0 else { throw .writing(blob, errno: errno, code: .outputCreateFailed) }
    remove()
  }

  func remove() {
    UnfinishedFiles.end(output.path)
    removeFile(record.path)
    removeFile(output.path)
  }
}

/// What git calls a file of these bytes: the SHA-1 of `blob COUNT`, a zero byte, and the bytes.
final class GitBlobHash {
  private let context = EVP_MD_CTX_new()!

  init(byteCount: Int) {
    precondition(EVP_DigestInit_ex(context, EVP_sha1(), nil) == 1, "libcrypto has no SHA-1")
    Array("blob \(byteCount)\0".utf8).withUnsafeBytes(update)
  }

  deinit { EVP_MD_CTX_free(context) }

  func update(_ bytes: UnsafeRawBufferPointer) {
    precondition(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1)
  }

  func finish() -> String {
    var digest = [UInt8](repeating: 0, count: 20)
    var length: UInt32 = 0
    precondition(EVP_DigestFinal_ex(context, &digest, &length) == 1 && length == 20)
    return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
