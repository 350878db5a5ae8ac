@testable import Files
import Foundation
import Tensors
import Testing


@Suite struct JSONValueTests {
  private func parse(_ text: String) throws(VLMError) -> JSONValue {
    try JSONValue(parsing: Data(text.utf8), file: "x.json5", code: .jsonSyntax)
  }

  /// The example on the front page of json5.org.
  @Test func readsTheStandardsExample() throws {
    let value = try parse(
      #"""
      {
        // comments
        unquoted: 'and you can quote me on that',
        singleQuotes: 'I can use "double quotes" here',
        lineBreaks: "Look, Mom! \
      No \\n's!",
        hexadecimal: 0xdecaf,
        leadingDecimalPoint: .8675309, andTrailing: 8675309.,
        positiveSign: +1,
        trailingComma: 'in objects', andIn: ['arrays',],
        "backwardsCompatible": "with JSON", /* the end */
      }
      """#)
    #expect(value["unquoted"] == .string("and you can quote me on that"))
    #expect(value["lineBreaks"] == .string(#"Look, Mom! No \n's!"#))
    #expect(value["hexadecimal"] == .int(0xdecaf))
    #expect(value["leadingDecimalPoint"] == .double(0.8675309))
    #expect(value["andTrailing"]?.intValue == 8_675_309)
    #expect(value["positiveSign"] == .int(1))
    #expect(value["andIn"] == .array([.string("arrays")]))
  }

  @Test func readsWhatPythonWrites() throws {
    let value = try parse(
      #"{"eps": 1e-06, "inf": -Infinity, "name": "\u00e9\ud83d\ude00", "big": 12345678901234567890}"#)
    #expect(value["eps"]?.doubleValue == 1e-6)
    #expect(value["inf"]?.doubleValue == -.infinity)
    #expect(value["name"] == .string("é😀"))
    #expect(value["big"]?.doubleValue == 12_345_678_901_234_567_168)
  }

  static let refused: [(text: String, says: String)] = [
    ("", "line 1, column 1: the text ends where a value should be"),
    ("{", "the text ends where a key should be"),
    ("{a: 1\n b: 2}", "line 2, column 2: 'b' stands where ',' or '}' should be"),
    ("[1, 2", "the text ends where ',' or ']' should be"),
    ("{a: 1, a: 2}", "column 8: the key \"a\" is there twice"),
    ("\"x", "a text is not closed"),
    ("'x\n'", "a text is not closed on its line"),
    ("/* x", "a comment is not closed"),
    ("1 2", "'2' stands where the end of the text should be"),
    ("{1: 2}", "'1' stands where a key should be"),
    ("tru", "\"tru\" is no value"),
    ("1.2.3", "\"1.2.3\" is no value"),
    ("--1", "\"--1\" is no value"),
    (#""\ud800""#, "half of a surrogate pair"),
    (#""\ud800\u0041""#, "half of a surrogate pair"),
    (#""\u12""#, "needs 4 hexadecimal digits"),
    (String(repeating: "[", count: 70), "nested deeper than 64"),
  ]

  @Test(arguments: refused) func refuses(text: String, says: String) {
    let error = #expect(throws: VLMError.self) { try parse(text) }
    #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
  }

  /// Files of a tokenizer are read as Python does, but for what is no JSON.
  @Test func ofStrictJSONTheLastOfTwoMembersCounts() throws {
    func strict(_ text: String) throws -> JSONValue {
      try Array(text.utf8).withUnsafeBytes { bytes in
        var scanner = JSONScanner(bytes, file: "x.json")
        let value = try JSONValue(&scanner)
        try scanner.end()
        return value
      }
    }
    let value = try strict(#"{"a": 1, "b": [2.5, -3, null, true, "x"], "a": 1e2}"#)
    #expect(value["a"] == .double(100))
    #expect(value["b"] == .array([.double(2.5), .int(-3), .null, .bool(true), .string("x")]))
    for text in ["{a: 1}", "[1,]", "'x'", "NaN", "// x\n1", "[1] 2", "+1", #""\x41""#] {
      #expect(throws: VLMError.self) { try strict(text) }
    }
  }

  @Test func aByteOrderMarkIsNoPartOfTheText() throws {
    let mark = "\u{FEFF}"
    #expect(try parse(mark + "{a: 1}")["a"] == .int(1))
    let error = #expect(throws: VLMError.self) { try parse(mark + "{a 1}") }
    #expect(error?.message.contains("line 1, column 4") == true)
    #expect(error?.offset == 6)
  }

  @Test func refusesOtherEncodings() {
    #expect(throws: VLMError.self) {
      try JSONValue(parsing: Data([0x22, 0xFF, 0x22]), file: "x", code: .jsonSyntax)
    }
  }
}
