internal import Foundation
internal import Tensors

/// sentencepiece's compiled character map: a double-array trie (Darts) from byte strings to replacements.
///
/// The bytes are: size of the trie in bytes (u32, little-endian), the trie's units (u32), the replacements, each
/// ended by a zero byte. Looked up as `spm_precompiled` does: a whole grapheme of fewer than six bytes first, of which
/// the shortest prefix in the trie counts, otherwise scalar by scalar.
struct PrecompiledMap: Sendable {
  private let units: [UInt32]
  private let replacements: [UInt8]

  /// - Parameter node: the base64 text.
  /// - Throws: `normalizer.charsmap` when it is cut short or is not base64.
  init(_ node: JSONNode) throws(VLMError) {
    let text = try node.string()
    guard let data = Data(base64Encoded: text) else {
      throw node.failure("is not base64", code: .tokenizerCharacterMap)
    }
    let bytes = [UInt8](data)
    func word(_ offset: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
    }
    guard bytes.count >= 4, Int(word(0)) % 4 == 0, Int(word(0)) >= 4, Int(word(0)) <= bytes.count - 4 else {
      throw node.failure(
        "the trie's size does not fit its \(bytes.count) bytes", code: .tokenizerCharacterMap,
        remedy: "download the file again")
    }
    let size = Int(word(0))
    units = (0..<size / 4).map { word(4 + 4 * $0) }
    replacements = Array(bytes[(4 + size)...])
    guard String(validating: replacements, as: UTF8.self) != nil else {
      throw node.failure("the replacements are not UTF-8", code: .tokenizerCharacterMap)
    }
  }

  func apply(to bytes: [UInt8], _ step: String, _ budget: inout TextBudget) throws(VLMError) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var spent = 0
    for character in String(decoding: bytes, as: UTF8.self) {
      // A replacement may be as long as the map.
      try budget.spend(result.count - spent, on: step)
      spent = result.count
      let grapheme = Array(character.utf8)
      if grapheme.count < 6, append(grapheme[...], to: &result) { continue }
      var start = 0
      while start < grapheme.count {
        let end = start + UTF8Text.length(grapheme[start])
        if !append(grapheme[start..<end], to: &result) { result += grapheme[start..<end] }
        start = end
      }
    }
    return result
  }

  /// Appends the replacement of the shortest prefix of `key` that the trie knows; `false` when it knows none.
  private func append(_ key: ArraySlice<UInt8>, to result: inout [UInt8]) -> Bool {
    guard let start = firstValue(key), start < replacements.count else { return false }
    var end = start
    while end < replacements.count, replacements[end] != 0 { end += 1 }
    result += replacements[start..<end]
    return true
  }

  private func firstValue(_ key: ArraySlice<UInt8>) -> Int? {
    var position = Self.offset(units[0])
    for byte in key {
      if byte == 0 { return nil }
      position ^= Int(byte)
      guard position < units.count else { return nil }
      let unit = units[position]
      guard unit & (1 << 31 | 0xFF) == UInt32(byte) else { return nil }
      position ^= Self.offset(unit)
      guard position < units.count else { return nil }
      if unit >> 8 & 1 == 1 { return Int(units[position] & 0x7FFF_FFFF) }
    }
    return nil
  }

  private static func offset(_ unit: UInt32) -> Int { Int(unit >> 10) << Int((unit & 1 << 9) >> 6) }
}
