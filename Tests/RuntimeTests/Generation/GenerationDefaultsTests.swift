import Files
import Foundation
import Runtime
import Tensors
import TestSupport
import Testing

@Suite struct GenerationDefaultsTests {
  static func read(_ text: String?) throws -> GenerationDefaults {
    try Fixture.withTemporaryDirectory { directory in
      if let text { try Data(text.utf8).write(to: directory.appending(path: "generation_config.json")) }
      return try GenerationDefaults(ModelFolder(directory.path))
    }
  }

  @Test func takesWhatTheFileSays() throws {
    let all = try Self.read(
      #"{"do_sample": false, "temperature": 1e-06, "top_p": 0.8, "top_k": 20, "max_new_tokens": 2048, "eos_token_id": [1, 2]}"#)
    #expect(all.temperature == 1e-6 && all.topP == 0.8 && all.topK == 20 && all.limit == 2048 && all.notices.isEmpty)
    #expect(
      all.sentence
        == "temperature 1e-06, top_p 0.8, top_k 20, 2048 tokens at most (temperature, top_p, top_k, max_new_tokens from generation_config.json)")
    #expect(try Self.read("{}") == GenerationDefaults() && Self.read(nil) == GenerationDefaults())
    #expect(GenerationDefaults().sentence == "temperature 1.0, top_p 1.0")
    for none in ["-1", "0", "null"] { #expect(try Self.read("{\"top_k\": \(none)}").topK == nil) }
  }

  /// Qwen2.5-VL's files have a penalty, which changes what is written.
  @Test func saysWhatItLeavesOut() throws {
    let notices = try Self.read(#"{"repetition_penalty": 1.05, "min_p": 0.1}"#).notices
    #expect(notices.map(\.kind) == [.warning, .warning] && notices[0].message.contains("repetition_penalty 1.05"))
    #expect(try Self.read(#"{"repetition_penalty": 1.0, "min_p": 0.0}"#).notices.isEmpty)
  }

  @Test(arguments: [
    #"{"temperature": -1}"#, #"{"temperature": "1"}"#, #"{"top_p": 0}"#, #"{"top_p": 1.1}"#, #"{"top_k": 1.5}"#, #"{"top_k": -2}"#,
    #"{"max_new_tokens": 0}"#, #"{"max_new_tokens": 1e30}"#, #"{"repetition_penalty": -1}"#, "[", "",
  ]) func refusesWhatItCannotBe(text: String) { #expect(throws: VLMError.self) { try Self.read(text) } }
}
