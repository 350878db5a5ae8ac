internal import Foundation
package import Tensors

extension JSONScanner {
  /// Reads `true` or `false`.
  package mutating func boolean() throws(VLMError) -> Bool {
    if peek() == UInt8(ascii: "t") {
      try literal("true")
      return true
    }
    try literal("false")
    return false
  }

  /// Reads `null`.
  package mutating func null() throws(VLMError) {
    skipWhitespace()
    try literal("null")
  }

  /// Reads any number, rounded to the nearest double.
  ///
  /// - Throws: `json.number` when it is too large for one.
  package mutating func number() throws(VLMError) -> Double {
    skipWhitespace()
    let start = position
    try skipNumber()
    let digits = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
    guard let value = Double(String(decoding: digits, as: UTF8.self)), value.isFinite else {
      throw failure(.jsonNumber, "this number is too large", at: start)
    }
    return value
  }

  /// Reads a string and appends its UTF-8 to `arena`: what a vocabulary of 260 000 strings is read with.
  ///
  /// The same checks as `string()`, no allocation per string.
  package mutating func string(into arena: inout [UInt8]) throws(VLMError) {
    guard peek() == UInt8(ascii: "\"") else {
      _ = try string()
      return
    }
    let start = position + 1
    var end = start
    var seen: UInt8 = 0
    while let next = byte(at: end), next != UInt8(ascii: "\"") {
      if next == UInt8(ascii: "\\") || next < 0x20 {
        arena.append(contentsOf: try string().utf8)
        return
      }
      seen |= next
      end += 1
    }
    guard end < bytes.count, seen < 0x80 else {
      arena.append(contentsOf: try string().utf8)
      return
    }
    arena.append(contentsOf: bytes[start..<end])
    position = end + 1
  }
}
