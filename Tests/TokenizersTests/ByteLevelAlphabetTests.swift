import Testing

@testable import Tokenizers

@Suite struct ByteLevelAlphabetTests {
  @Test func everyByteComesBack() {
    var text = ""
    for value in ByteLevelAlphabet.scalars { text.unicodeScalars.append(UnicodeScalar(value)!) }
    var bytes: [UInt8] = []
    ByteLevelAlphabet.decode(text, into: &bytes)
    #expect(bytes == Array(0...255))
  }

  @Test func spaceAndNewlineAreTheKnownLetters() {
    #expect(ByteLevelAlphabet.scalars[0x20] == 0x120)
    #expect(ByteLevelAlphabet.scalars[0x0A] == 0x10A)
  }

  @Test func foreignTokensStandForThemselves() {
    var bytes: [UInt8] = []
    ByteLevelAlphabet.decode("Ġ日", into: &bytes)
    #expect(bytes == Array("Ġ日".utf8))
  }
}
