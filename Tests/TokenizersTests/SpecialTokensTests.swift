import Files
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Tokenizers

@Suite struct SpecialTokensTests {
  @Test func areReadFromTheFilesBesideTheTokenizer() throws {
    let tokenizer = try Tokenizer(ModelFolder(Fixture.url("tabletop-vlm").path))
    let special = tokenizer.specialTokens
    #expect(special.eos?.content == "<|im_end|>")
    #expect(special.eos?.id == tokenizer.id(of: "<|im_end|>"))
    #expect(special.pad?.content == "<|endoftext|>")
    #expect(special.bos == nil)
    #expect(special.stopIDs == [520])
    #expect(special.named["eos_token"] == "<|im_end|>")
  }

  @Test func readsEveryWayTheyAreWritten() throws {
    try Fixture.withTemporaryDirectory { directory in
      let write = { (name: String, text: String) in
        try Data(text.utf8).write(to: directory.appending(path: name))
      }
      try FileManager.default.copyItem(
        at: Fixture.url("tokenizers/llama2.json"), to: directory.appending(path: "tokenizer.json"))
      try write(
        "special_tokens_map.json", #"{"bos_token": {"content": "<s>", "lstrip": false}, "eos_token": "</s>"}"#
      )
      try write(
        "tokenizer_config.json",
        #"{"eos_token": {"__type": "AddedToken", "content": "</s>"}, "extra_special_tokens": {"image_token": "<image>"}}"#
      )
      try write("generation_config.json", #"{"eos_token_id": [2, 7]}"#)
      let special = try Tokenizer(ModelFolder(directory.path)).specialTokens
      #expect(special.bos == SpecialTokens.Token(content: "<s>", id: 1))
      #expect(special.eos == SpecialTokens.Token(content: "</s>", id: 2))
      #expect(special.named["image_token"] == "<image>")
      #expect(special.stopIDs == [2, 7])
      try write("generation_config.json", #"{"eos_token_id": "two"}"#)
      let error = #expect(throws: VLMError.self) { try Tokenizer(ModelFolder(directory.path)) }
      #expect(error?.code == .tokenizerField)
      #expect(error?.message.contains("eos_token_id") == true)
    }
  }

  @Test func sayThatThereIsNoTokenizer() throws {
    try Fixture.withTemporaryDirectory { directory in
      let error = #expect(throws: VLMError.self) { try Tokenizer(ModelFolder(directory.path)) }
      #expect(error?.code == .tokenizerMissing)
      #expect(error?.file == directory.path)
    }
  }
}
