import Files
import Foundation
import Images
import Tensors
import Testing

@testable import Serving

/// What of OpenAI's requests is taken, and with which words the rest is refused.
@Suite struct ChatRequestTests {
  static let hello = #""messages": [{"role": "user", "content": "hello"}]"#

  static func read(_ body: String) throws(VLMError) -> ChatRequest { try ChatRequest(Array(body.utf8)) }

  static let picture = RGBImage(width: 4, height: 2, pixels: (0..<24).map { UInt8(10 * $0) })
  static let url = "data:image/png;base64," + Data(try! picture.encodedAsPNG()).base64EncodedString()

  @Test func takesAConversation() throws {
    let request = try Self.read(
      """
      {"model": "m", "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "lo\\u00f6k\\n"},
          {"type": "image_url", "image_url": {"url": "\(Self.url)", "detail": "high"}}, {"image_url": "\(Self.url)", "type": "image_url"}]},
        {"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "role": "assistant", "tool_calls": [], "refusal": null,
         "name": ""},
        {"role": "user", "content": ""}],
       "temperature": 0.8, "top_p": 1, "top_k": -1, "seed": -1, "max_tokens": 1024, "logprobs": false, "stream": false,
       "skip_special_tokens": false, "stop": ["a", "b"], "n": 1, "user": {"any": ["thing"]}, "presence_penalty": 0.0, "tools": [],
       "response_format": {"type": "text"}, "tool_choice": "auto", "unheard_of": null}
      """)
    #expect(
      request.turns == [
        ChatTurn(role: .system, content: [.text("Be brief.")]),
        ChatTurn(role: .user, content: [.text("loök\n"), .image(Self.picture), .image(Self.picture)]),
        ChatTurn(role: .assistant, content: [.text("a"), .text("b")]), ChatTurn(role: .user, content: [.text("")]),
      ])
    let settings = request.settings
    #expect(settings.model == "m" && settings.temperature == 0.8 && settings.topP == 1 && settings.topK == 0)
    #expect(settings.seed == UInt64.max && settings.limit == 1024 && !settings.skipsSpecialTokens)
    #expect(settings.stops == ["a", "b"] && !settings.streams && request.pictures == 2)
  }

  @Test func whatIsNotSaidIsLeftOpen() throws {
    let settings = try Self.read("{\(Self.hello), \"temperature\": null, \"stop\": null}").settings
    #expect(settings.model == nil && settings.temperature == nil && settings.topP == nil && settings.topK == nil)
    #expect(settings.seed == nil && settings.limit == nil && settings.skipsSpecialTokens && settings.stops == [])
    let streamed = try Self.read(
      "{\(Self.hello), \"stream\": true, \"stream_options\": {\"include_usage\": true, \"include_obfuscation\": false}, \"stop\": \"x\"}"
    ).settings
    #expect(streamed.streams && streamed.includesUsage && streamed.stops == ["x"])
    #expect(try Self.read("{\(Self.hello), \"max_completion_tokens\": 7, \"max_tokens\": 7}").settings.limit == 7)
  }

  /// Fields beside a conversation, and of what the refusal is.
  @Test(
    arguments: [
      (#""n": 2"#, "n", "is 2"), (#""tools": [{"type": "function"}]"#, "tools", "not to be had"),
      (#""logprobs": true"#, "logprobs", "only false"), (#""logit_bias": {"1": 2}"#, "logit_bias", "not to be had"),
      (#""frequency_penalty": 0.1"#, "frequency_penalty", "is 0.1"),
      (#""presence_penalty": -1"#, "presence_penalty", "is -1"), (#""repetition_penalty": 1.05"#, "repetition_penalty", "1.05"),
      (#""response_format": {"type": "json_object"}"#, "response_format", "not to be had"),
      (#""tool_choice": "required"#, nil, "not closed"), (#""tool_choice": "required""#, "tool_choice", "required"),
      (#""reasoning_effort": "high""#, "reasoning_effort", "no such field"), (#""temprature": 1"#, "temprature", "no such field"),
      (#""temperature": -0.1"#, "temperature", "0 or more"), (#""temperature": "hot""#, "temperature", "not a number"),
      (#""temperature": true"#, "temperature", "not a number"), (#""temperature": 1e999"#, nil, "too large"),
      (#""temperature": NaN"#, nil, "should be"), (#""top_p": 0"#, "top_p", "above 0"), (#""top_p": 1.5"#, "top_p", "at most 1"),
      (#""top_k": -2"#, "top_k", "-1 or more"), (#""top_k": 1.5"#, "top_k", "whole"), (#""max_tokens": 0"#, "max_tokens", "1 or more"),
      (#""max_tokens": 3, "max_completion_tokens": 4"#, "max_tokens", "send one"),
      (#""seed": 1.5"#, "seed", "whole number"), (#""seed": 99999999999999999999"#, "seed", "whole number"),
      (#""stop": """#, "stop", "empty"), (#""stop": ["a", ""]"#, "stop", "empty"), (#""stop": [1]"#, "stop", "not a text"),
      (#""stop": ["a", "b", "c", "d", "e"]"#, "stop", "up to four"), (#""stop": {"a": 1}"#, "stop", "up to four"),
      (#""stream": 1"#, "stream", "true or false"), (#""stream_options": {"include_usage": true}"#, "stream_options", "stream true"),
      (#""stream": true, "stream_options": {"every": 1}"#, "stream_options.every", "no such field"),
      (#""stream": true, "stream_options": []"#, "stream_options", "not an object"),
      (#""model": 3"#, "model", "not a text"), (#""skip_special_tokens": "no""#, "skip_special_tokens", "true or false"),
      (#""n": 1, "n": 1"#, "n", "twice"), (#""messages": []"#, "messages", "twice"), (#""user": {"a": }"#, nil, "should be"),
      ("\"stop\": [\"" + String(repeating: "x", count: 70_000) + "\"]", "stop", "too long"),
      ("\"" + String(repeating: "x", count: 300) + "\": 1", nil, "too long a name"),
    ] as [(String, String?, String)])
  func refusesFields(field: String, parameter: String?, message: String) throws {
    try Self.expectRefusal("{\(Self.hello), \(field)}", parameter, message)
  }

  /// Messages, and of what the refusal is.
  @Test(
    arguments: [
      ("[]", "messages", "is empty"), ("{}", nil, "'['"), ("null", nil, "'['"), ("[3]", nil, "'{'"), ("[{}]", "messages[0].role", "missing"),
      (#"[{"role": "user"}]"#, "messages[0].content", "missing"), (#"[{"content": "x"}]"#, "messages[0].role", "missing"),
      (#"[{"role": "user", "content": null}]"#, "messages[0].content", "missing"),
      (#"[{"role": "user", "content": []}]"#, "messages[0].content", "is empty"), (#"[{"role": "user", "content": 3}]"#, nil, "should be"),
      (#"[{"role": "user", "content": "x"}, {"role": "tool", "content": "x"}]"#, "messages[1].role", "\"tool\""),
      (#"[{"role": "developer", "content": "x"}]"#, "messages[0].role", "as system"),
      (#"[{"role": "user", "content": "x", "name": "me"}]"#, "messages[0].name", "not understood"),
      (#"[{"role": "assistant", "content": "x", "tool_calls": [1]}]"#, "messages[0].tool_calls", "not understood"),
      (#"[{"role": "user", "role": "user", "content": "x"}]"#, "messages[0].role", "twice"),
      (#"[{"role": "user", "content": ["x"]}]"#, nil, "'{'"),
      (#"[{"role": "user", "content": [{"text": "x"}]}]"#, "messages[0].content[0].type", "missing"),
      (#"[{"role": "user", "content": [{"type": "text"}]}]"#, "messages[0].content[0]", "has no text"),
      (#"[{"role": "user", "content": [{"type": "input_audio", "text": "x"}]}]"#, "messages[0].content[0].type", "input_audio"),
      (#"[{"role": "user", "content": [{"type": "text", "text": "x", "image_url": "y"}]}]"#, "messages[0].content[0]", "both"),
      (#"[{"role": "user", "content": [{"type": "image_url"}]}]"#, "messages[0].content[0]", "no image_url"),
      (#"[{"role": "user", "content": "\ud800"}]"#, nil, "surrogate"),
    ] as [(String, String?, String)])
  func refusesMessages(messages: String, parameter: String?, message: String) throws {
    try Self.expectRefusal("{\"messages\": \(messages)}", parameter, message)
  }

  @Test(arguments: [
    ("https://example.com/a.png", "fetches nothing"), ("http://127.0.0.1/a.png", "fetches nothing"), ("file:///etc/passwd", "fetches nothing"),
    ("", "not a data URL"), ("data:image/png,abc", "not data:image/png;base64"), ("data:image/png;base64,", "not base64"),
    ("data:image/png;base64,!!!!", "not base64"), ("data:image/png;base64,AAA", "not base64"),
    ("data:image/png;base64,AAAA\nAAAA", "not base64"), ("data:image/png;base64,AAAA", "neither JPEG nor PNG"),
    ("data:image/png;base64,iVBORw0KGgo=", "damaged PNG"),
    ("data:image/webp;base64," + Data("RIFF....WEBPVP8 ".utf8).base64EncodedString(), "neither JPEG nor PNG"),
    (String(url.dropLast(40)), "damaged"),
  ]) func refusesPictures(url: String, message: String) throws {
    let body = #"{"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": \#(url.jsonLiteral)}}]}]}"#
    try Self.expectRefusal(body, "messages[0].content[0].image_url", message)
  }

  /// Sizes are looked at in a picture's header, and added up.
  @Test func boundsPictures() throws {
    func body(_ urls: [String]) -> String {
      let parts = urls.map { #"{"type": "image_url", "image_url": {"url": "\#($0)"}}"# }.joined(separator: ", ")
      return #"{"messages": [{"role": "user", "content": [\#(parts)]}]}"#
    }
    try Self.expectRefusal(body(Array(repeating: Self.url, count: 65)), "messages[0].content[64].image_url", "too many")
    #expect(try Self.read(body(Array(repeating: Self.url, count: 64))).pictures == 64)
    // A header that promises more than is taken, and no pixels behind it.
    var huge = try Self.picture.encodedAsPNG()
    huge.replaceSubrange(16..<24, with: [0, 0, 0x20, 0, 0, 0, 0x20, 0])
    try Self.expectRefusal(
      body(["data:image/png;base64," + Data(huge).base64EncodedString()]), "messages[0].content[0].image_url", nil)
    let large = RGBImage(width: 4096, height: 4096, pixels: [UInt8](repeating: 7, count: 3 << 24))
    let url = "data:image/png;base64," + Data(try large.encodedAsPNG()).base64EncodedString()
    try Self.expectRefusal(body([url, url, Self.url]), "messages[0].content[2].image_url", "at most 0 are taken")
  }

  @Test func boundsMessages() throws {
    let one = #"{"role": "user", "content": ""}"#
    let many = "{\"messages\": [" + Array(repeating: one, count: 4097).joined(separator: ",") + "]}"
    try Self.expectRefusal(many, "messages[4096]", "one too many")
    let nested = #"{"role": "user", "content": "x", "a": \#(String(repeating: "[", count: 5000))"#
    try Self.expectRefusal("{\"messages\": [\(nested)", nil, "nested deeper")
    let wide = "{" + (0..<200).map { "\"a\($0)\": null" }.joined(separator: ",") + "}"
    try Self.expectRefusal(wide, nil, "too many fields")
  }

  @Test(arguments: ["", "[]", "3", "{", "{}", "{\"messages\"", "\u{FEFF}{}", "{\"model\": \"x\"} x", "nul", "{'messages': []}"])
  func refusesWhatIsNoRequest(body: String) { #expect(throws: VLMError.self) { try Self.read(body) } }

  private static func expectRefusal(_ body: String, _ parameter: String?, _ message: String?) throws {
    let error = try #require(throws: VLMError.self) { try Self.read(body) }
    #expect(error.tensor == parameter && (message.map { "\(error)".contains($0) } ?? true), "\(error)")
  }
}
