public import Tensors

/// Picks layers or tensors by name, as `--keep` and `--ignore` take it.
///
/// A glob (`*` any run of characters, `?` one) or, after `re:`, a regular expression anchored at the start. A
/// glob that matches a name's leading parts picks everything below them: `vision.blocks.0` is that whole
/// block.
///
///     try NamePick("vision.blocks.*.mlp.down").matches("vision.blocks.3.mlp.down")     // true
///     try NamePick("re:vision\\.blocks\\.(0|31)\\.").matches("vision.blocks.31.mlp.up")  // true
public struct NamePick: Sendable, CustomStringConvertible {
  // `Regex` is a value that nothing changes; it lacks the conformance only.
  private enum Matcher: @unchecked Sendable {
    case glob([UInt8])
    case expression(Regex<AnyRegexOutput>)
  }

  /// The pattern as it was given.
  public let text: String
  private let matcher: Matcher

  /// Throws `patternMalformed` when what follows `re:` is no regular expression.
  public init(_ text: String) throws(VLMError) {
    self.text = text
    guard text.hasPrefix("re:") else {
      matcher = .glob(Array(text.utf8))
      return
    }
    do {
      matcher = .expression(try Regex(String(text.dropFirst(3))))
    } catch {
      throw VLMError(
        .patternMalformed, "\(text): not a regular expression", remedy: "leave out re: for a glob",
        cause: error)
    }
  }

  /// The pattern as it was given.
  public var description: String { text }

  /// Whether the pattern picks what is called `name`: a tensor, or a module path without `.weight`.
  package func matches(_ name: String) -> Bool {
    switch matcher {
    case .expression(let expression):
      return (try? expression.prefixMatch(in: name)) != nil
    case .glob(let pattern):
      let bytes = Array(name.utf8)
      let ends = bytes.indices.filter { bytes[$0] == UInt8(ascii: ".") || bytes[$0] == UInt8(ascii: "/") }
      return (ends + [bytes.count]).contains { Self.glob(pattern[...], bytes[..<$0]) }
    }
  }

  /// Backtracks to the last `*` only, so it takes at most pattern x name steps.
  private static func glob(_ pattern: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> Bool {
    var p = pattern.startIndex
    var n = name.startIndex
    var resume: (pattern: Int, name: Int)?
    while n < name.endIndex {
      if p < pattern.endIndex, pattern[p] == UInt8(ascii: "*") {
        resume = (p + 1, n)
        p += 1
      } else if p < pattern.endIndex, pattern[p] == UInt8(ascii: "?") || pattern[p] == name[n] {
        p += 1
        n += 1
      } else if let last = resume {
        resume = (last.pattern, last.name + 1)
        p = last.pattern
        n = last.name + 1
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
