import Files
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Tokenizers

/// Every pipeline of the families against the `tokenizers` package, on lines with one trap each.
@Suite struct TokenizerTests {
  struct Expected: Decodable {
    let ids: [[Int]]
    let prefix: [Int]
    let suffix: [Int]
    let texts: [String]
    let skipped: [String]
    let vocabularySize: Int
  }

  static let root = Fixture.url("tokenizers")
  static let lines = try! JSONDecoder().decode(
    [String].self, from: Data(contentsOf: root.appending(path: "lines.json")))
  static let expected = try! JSONDecoder().decode(
    [String: Expected].self, from: Data(contentsOf: root.appending(path: "expected.json")))
  static let names = expected.keys.sorted()

  static func tokenizer(_ name: String) throws -> Tokenizer {
    try Tokenizer(file: root.appending(path: "\(name).json").path)
  }

  @Test(arguments: names) func encodesAndDecodesAsThePythonPackage(name: String) throws {
    let tokenizer = try Self.tokenizer(name)
    let expected = try #require(Self.expected[name])
    #expect(tokenizer.vocabularySize == expected.vocabularySize)
    for (line, (ids, text)) in zip(Self.lines, zip(expected.ids, expected.texts)) {
      #expect(try tokenizer.encode(line, addSpecialTokens: false) == ids, "\(line.debugDescription)")
      let whole = try tokenizer.encode(line, addSpecialTokens: true)
      #expect(whole == expected.prefix + ids + expected.suffix)
      let decoded = try tokenizer.decode(whole, skipSpecialTokens: false)
      // String's == takes canonically equal texts for equal; the bytes must be.
      #expect(Array(decoded.utf8) == Array(text.utf8), "\(line.debugDescription)")
    }
  }

  @Test(arguments: names) func skipsSpecialTokensAsThePythonPackage(name: String) throws {
    let tokenizer = try Self.tokenizer(name)
    let expected = try #require(Self.expected[name])
    for (ids, digest) in zip(expected.ids, expected.skipped) {
      let text = try tokenizer.decode(expected.prefix + ids + expected.suffix, skipSpecialTokens: true)
      #expect(Array(text.utf8).withUnsafeBytes(SHA256.hash).prefix(16) == digest)
    }
  }

  /// The families' own tokens: what the runtime asks for by name.
  @Test func findsTokensByNameAndID() throws {
    let qwen = try Self.tokenizer("qwen2")
    let id = try #require(qwen.id(of: "<|image_pad|>"))
    #expect(qwen.token(of: id) == "<|image_pad|>")
    #expect(qwen.isSpecial(id))
    #expect(qwen.id(of: "Ġrobot") != nil)
    #expect(qwen.id(of: "<|no such token|>") == nil)
    #expect(qwen.token(of: -1) == nil)
    #expect(qwen.token(of: .max) == nil)
    #expect(qwen.idLimit == qwen.vocabularySize)
    #expect(!qwen.isSpecial(try #require(qwen.id(of: "<tool_call>"))))
  }

  @Test func leavesOutIDsThatNoTokenHas() throws {
    let qwen = try Self.tokenizer("qwen2")
    let ids = try qwen.encode("cup", addSpecialTokens: false)
    #expect(try qwen.decode([-5] + ids + [1 << 40], skipSpecialTokens: true) == "cup")
  }

  /// A second encoding finds words in the cache; many at once share none.
  @Test func encodesTheSameFromManyThreads() async throws {
    let tokenizer = try Self.tokenizer("llama3")
    let expected = try #require(Self.expected["llama3"]).ids
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask {
          zip(Self.lines, expected).allSatisfy { (try? tokenizer.encode($0, addSpecialTokens: false)) == $1 }
        }
      }
      for await isEqual in group { #expect(isEqual) }
    }
  }
}
