import Files
import Foundation
import Tensors
import Testing

@Suite struct JSONScannerTests {
  /// Foundation differs in one thing: it lets a comma stand at the end, which fixtures/broken has.
  @Test(arguments: [
    "{}", "[]", "1", "-0", "-1.5e+10", "\"\"", "true", "null", " [1 , 2 ] ", "01", "-", "1.",
    ".5", "1e", "+1", "tru", "nul", "\"", "\"\\", "\"\\u12\"", "\"\\ud83d\\ude00\"", "[[[]]", "{\"a\" 1}",
    "{1:2}",
    "\"\u{1}\"", "\"\u{7f}\"", "[1 2]", "\"\\/\\b\\f\\n\\r\\t\\\"\\\\\"", "1 2", "", " ",
    "{\"a\":{\"b\":[{}]}}",
  ])
  func agreesWithFoundation(text: String) {
    let foundation =
      (try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)) != nil
    let ours = (try? scan(text) { (scanner) throws(VLMError) in try scanner.skipValue() }) != nil
    #expect(ours == foundation)
  }

  @Test(arguments: [
    (#""plain""#, "plain"), (#""\u00e9\u4e2d""#, "é中"), (#""\ud83d\ude00!""#, "😀!"), (#""a\u0000b""#, "a\0b"),
    (#""tab\tquote\"slash\/""#, "tab\tquote\"slash/"), ("\"é中😀\"", "é中😀"),
  ])
  func decodesStrings(text: String, expected: String) throws {
    #expect(try scan(text) { (scanner) throws(VLMError) in try scanner.string() } == expected)
  }

  @Test(arguments: [("0", 0), ("42", 42), ("9223372036854775807", Int.max)])
  func readsWholeNumbers(text: String, expected: Int) throws {
    #expect(try scan(text) { (scanner) throws(VLMError) in try scanner.wholeNumber() } == expected)
  }

  @Test(arguments: ["-1", "1.0", "1e3", "00", "9223372036854775808", "x", ""])
  func refusesOtherNumbers(text: String) {
    #expect(
      #expect(throws: VLMError.self) {
        try scan(text) { (scanner) throws(VLMError) in try scanner.wholeNumber() }
      }?.code == .jsonNumber)
  }

  @Test func boundsNesting() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    let limit = JSONScanner.maximumDepth
    try scan(nested(limit)) { (scanner) throws(VLMError) in try scanner.skipValue() }
    #expect(
      #expect(throws: VLMError.self) {
        try scan(nested(limit + 1)) { (scanner) throws(VLMError) in try scanner.skipValue() }
      }?.code == .jsonNesting)
    // What a recursive parser without a bound would not survive.
    #expect(throws: VLMError.self) {
      try scan(String(repeating: "[", count: 1_000_000)) { (scanner) throws(VLMError) in
        try scanner.skipValue()
      }
    }
  }

  @Test func saysWhere() {
    let error = #expect(throws: VLMError.self) {
      try scan("[1, x]", offset: 8) { (scanner) throws(VLMError) in try scanner.skipValue() }
    }
    #expect(error?.offset == 12)
    #expect(error?.file == "f.json")
    #expect(error?.message == "'x' stands where a value should be")
  }

  @discardableResult
  private func scan<R>(
    _ text: String, offset: Int = 0, _ body: (inout JSONScanner) throws(VLMError) -> R
  ) throws -> R {
    try Array(text.utf8).withUnsafeBytes { bytes in
      var scanner = JSONScanner(bytes, file: "f.json", fileOffset: offset)
      let result = try body(&scanner)
      try scanner.end()
      return result
    }
  }
}
