import Files
import Foundation
import TestSupport
import Testing

@testable import Tokenizers

/// Which scalars each property holds: all of Unicode, by digests of what the Python package holds.
@Suite struct ScalarPropertiesTests {
  struct Members: Decodable, Equatable {
    let count: Int
    let sha256: String
  }

  static let expected = try! JSONDecoder().decode(
    [String: Members].self, from: Data(contentsOf: Fixture.url("tokenizers/unicode.json")))

  static func members(_ contains: (UInt32) -> Bool) -> Members {
    var members: [UInt32] = []
    // No property holds anything of the planes between and after.
    for range in [UInt32(0)..<0xD800, 0xE000..<0x34000, 0xE0000..<0xE1000] {
      for value in range where contains(value) { members.append(value) }
    }
    return Members(count: members.count, sha256: members.withUnsafeBytes(SHA256.hash))
  }

  @Test(arguments: expected.keys.filter { $0.hasPrefix("\\") }.sorted())
  func classesHoldWhatOnigurumaHolds(pattern: String) throws {
    let program = try RegexProgram(pattern)
    #expect(Self.members(program.classes[0].contains) == Self.expected[pattern])
  }

  static let functions: [(String, @Sendable (UInt32) -> Bool)] = [
    ("isPunctuation", ScalarProperties.isPunctuation), ("isNumeric", ScalarProperties.isNumeric),
    ("isCombiningMark", ScalarProperties.isCombiningMark), ("isWord", ScalarProperties.isWord),
  ]

  @Test(arguments: functions.map(\.0)) func functionsHoldWhatRustHolds(name: String) throws {
    let function = try #require(Self.functions.first { $0.0 == name }).1
    #expect(Self.members(function) == Self.expected[name])
  }
}
