import Tensors
import Testing

@testable import Tokenizers

/// The matcher by itself; that it cuts as Oniguruma does is `TokenizerTests`.
@Suite struct RegexMatcherTests {
  static func matches(_ pattern: String, _ text: String) throws -> [String] {
    let program = try RegexProgram(pattern)
    let bytes = Array(text.utf8)
    var found: [String] = []
    try bytes.withUnsafeBufferPointer { bytes in
      try TextPattern.regex(program).matches(bytes, in: 0..<bytes.count) {
        found.append(String(decoding: bytes[$0], as: UTF8.self))
      }
    }
    return found
  }

  /// Expected values: Oniguruma's, through `pre_tokenizers.Split(Regex(..), "removed", invert=True)`.
  static let table: [(pattern: String, text: String, matches: [String])] = [
    ("a+?b", "aab ab", ["aab", "ab"]),
    ("a++ab|a+", "aaab", ["aaa"]),
    ("(?>a+)b|a", "aab", ["aab"]),
    ("(a|ab)(c|bcd)", "abcd", ["abcd"]),
    ("x{2,3}", "xxxxxxx", ["xxx", "xxx"]),
    (#"\s+(?!\S)"#, "a   b  ", ["  ", "  "]),
    ("(?i:straSe)", "STRAſE strase", ["STRAſE", "strase"]),
    ("(?i)k+|é", "Kk\u{212A} É", ["Kk\u{212A}", "É"]),
    (#"\bcat\b"#, "cat concat cat.", ["cat", "cat"]),
    (#"[^\P{L}a-c]+"#, "abcdé1f", ["dé", "f"]),
    (#"[a-z&&[^aeiou]]+"#, "hello", ["h", "ll"]),
    (#"^\w+$"#, "one\ntwo three\nfour", ["one", "four"]),
    (#"\x{1F600}|\u00e9|\x41"#, "😀éA", ["😀", "é", "A"]),
    ("(?:ab)*c", "ababc c", ["ababc", "c"]),
    ("(a*)*b|a", "aaab", ["aaab"]),
    (".+", "a\nb", ["a", "b"]),
    ("(?m:.+)", "a\nb", ["a\nb"]),
  ]

  @Test(arguments: table) func matchesAsOniguruma(pattern: String, text: String, expected: [String]) throws {
    #expect(try Self.matches(pattern, text) == expected)
  }

  @Test(arguments: [
    "(", ")", "[a", "a{3,2}", "*a", "(?<=a)b", #"\p{Klingon}"#, #"\p{L"#, #"\1"#, "(?x:a)", #"\"#, "[z-a]",
    "a{2}?",
    #"\x{110000}"#, #"\xff"#, String(repeating: "(", count: 200),
    String(repeating: "(a{1000}){1000}", count: 3),
  ])
  func refusesWhatItDoesNotKnow(pattern: String) {
    let error = #expect(throws: VLMError.self) { try RegexProgram(pattern) }
    #expect(error?.code == .tokenizerRegexSyntax)
  }

  /// Exponential for a matcher without bounds.
  @Test(arguments: ["(a+)+b", "(a|a)*b", "(a*)*b", "(?:a?){30}a{30}b"]) func boundsItsSteps(pattern: String)
    throws
  {
    let error = #expect(throws: VLMError.self) {
      try Self.matches(pattern, String(repeating: "a", count: 60))
    }
    #expect(error?.code == .tokenizerRegexSteps)
  }

  /// Linear patterns may take a long text without reaching the bound.
  @Test func takesLongRunsOfWhiteSpace() throws {
    let text = String(repeating: " ", count: 200_000) + "x"
    #expect(try Self.matches(#"\s*[\r\n]+|\s+(?!\S)|\s+|\S+"#, text).count == 3)
  }
}
