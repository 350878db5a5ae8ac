import Tensors
import Testing

@testable import Tokenizers

@Suite struct StreamingDecoderTests {
  @Test(arguments: TokenizerTests.names) func piecesAreTheWholeText(name: String) throws {
    let tokenizer = try TokenizerTests.tokenizer(name)
    let expected = try #require(TokenizerTests.expected[name])
    for (ids, text) in zip(expected.ids, expected.texts) {
      var stream = StreamingDecoder(tokenizer, skipSpecialTokens: false)
      var joined = ""
      for id in expected.prefix + ids + expected.suffix { joined += try stream.append(id) }
      joined += try stream.finish()
      #expect(Array(joined.utf8) == Array(text.utf8))
    }
  }

  @Test func keepsBackHalfACharacter() throws {
    let tokenizer = try TokenizerTests.tokenizer("qwen2")
    var stream = StreamingDecoder(tokenizer)
    // A script that the small vocabulary has no merges for: one id a byte.
    let ids = try tokenizer.encode("ꙮ", addSpecialTokens: false)
    #expect(ids.count == 3)
    #expect(try stream.append(ids[0]) == "")
    #expect(try stream.append(ids[1]) == "")
    #expect(try stream.append(ids[2]) == "ꙮ")
    #expect(try stream.append(ids[0]) == "")
    #expect(try stream.finish() == "\u{FFFD}")
    #expect(try stream.finish() == "")
  }
}
