/// Finds the strings that end a text in pieces of it, and holds back what may be the beginning of one.
///
///     var scanner = StopScanner(["\n\n"])
///     scanner.append("one\n")     // "one"
///     scanner.append("\ntwo")     // "", and isStopped
///
/// What comes out does not depend on where pieces end: the text stops before the string that is complete first, and of several that
/// are complete at the same place before the longest. Byte by byte, each string by Knuth, Morris and Pratt.
struct StopScanner {
  private struct Pattern {
    let bytes: [UInt8]
    /// For each length, that of the longest shorter beginning that it ends with.
    let fallback: [Int]
    var matched = 0

    init(_ text: String) {
      bytes = Array(text.utf8)
      var fallback = [0, 0]
      for end in bytes.indices.dropFirst() {
        var length = fallback[end]
        while length > 0, bytes[length] != bytes[end] { length = fallback[length] }
        fallback.append(bytes[length] == bytes[end] ? length + 1 : 0)
      }
      self.fallback = fallback
    }

    /// - Returns: whether the pattern ends with this byte.
    mutating func take(_ byte: UInt8) -> Bool {
      while matched > 0, bytes[matched] != byte { matched = fallback[matched] }
      if bytes[matched] == byte { matched += 1 }
      return matched == bytes.count
    }
  }

  private var patterns: [Pattern]
  /// The end of the text that begins a pattern.
  private var held: [UInt8] = []
  /// Whether one of the strings was found; nothing comes out any more.
  private(set) var isStopped = false

  /// - Parameter strings: none of them empty.
  init(_ strings: [String]) { patterns = strings.map(Pattern.init) }

  /// Takes a piece of the text, and returns what is certain now.
  mutating func append(_ piece: String) -> String {
    if isStopped { return "" }
    if patterns.isEmpty { return piece }
    for byte in piece.utf8 {
      held.append(byte)
      var longest = 0
      for index in patterns.indices where patterns[index].take(byte) {
        longest = max(longest, patterns[index].bytes.count)
      }
      if longest > 0 {
        isStopped = true
        return String(decoding: held.dropLast(longest), as: UTF8.self)
      }
    }
    let kept = patterns.map(\.matched).max() ?? 0
    defer { held = Array(held.suffix(kept)) }
    return String(decoding: held.dropLast(kept), as: UTF8.self)
  }

  /// What was held back, at the end of the text.
  mutating func finish() -> String {
    defer { held = [] }
    return isStopped ? "" : String(decoding: held, as: UTF8.self)
  }
}
