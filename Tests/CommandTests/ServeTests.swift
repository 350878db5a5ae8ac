import Foundation
import TestSupport
import Testing

/// `serve` as a program; what its server does with requests is in ServingTests, what OpenAI's client makes of it in
/// `fixtures/oracle/check_chat.py`.
@Suite struct ServeTests {
  static let model = Fixture.url("tabletop-vlm").path
  static let image = Fixture.url("images/frame.png")
  static let question = "Describe the scene."

  static func json(_ data: some DataProtocol) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(data)) as? [String: Any])
  }

  static func request(_ more: String, question: String = question) throws -> String {
    let url = "data:image/png;base64," + (try Data(contentsOf: image).base64EncodedString())
    return #"""
      {"model": "tabletop-vlm", "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "\#(url)"}},
      {"type": "text", "text": "\#(question)"}]}], \#(more)}
      """#
  }

  static func content(_ answer: RawClient.Answer) throws -> (text: String?, finish: String?, usage: [String: Int]?) {
    let json = try Self.json(answer.body)
    let choice = (json["choices"] as? [[String: Any]])?.first
    return (
      (choice?["message"] as? [String: Any])?["content"] as? String, choice?["finish_reason"] as? String, json["usage"] as? [String: Int]
    )
  }

  @Test func answersAsGenerateDoes() throws {
    let run = try ToolProcess.run(["generate", Self.model, "--image", Self.image.path, "--prompt", Self.question, "--json"])
    let expected = try Self.json(Data(run.output.utf8))
    let (text, tokens) = (expected["text"] as? String, (expected["tokens"] as? [Int])?.count ?? -1)
    try ServerProcess.run(["serve", Self.model]) { server in
      #expect(server.about["model"] as? String == "tabletop-vlm" && server.about["maxModelLength"] as? Int == 512)
      #expect(server.about["temperature"] as? Double == 1)
      let client = try RawClient(port: server.port)
      let answer = try client.post("/v1/chat/completions", try Self.request(#""temperature": 0"#))
      let (content, finish, usage) = try Self.content(answer)
      #expect(answer.status == 200 && content == text && finish == "stop", "\(answer.text)")
      #expect(usage?["prompt_tokens"] == expected["promptTokens"] as? Int && usage?["completion_tokens"] == tokens + 1)
      let stream = try client.post("/v1/chat/completions", try Self.request(#""temperature": 0, "stream": true"#))
      let pieces = stream.text.components(separatedBy: "\n\n").compactMap { event -> String? in
        guard let json = try? Self.json(Data(event.dropFirst(6).utf8)) else { return nil }
        return ((json["choices"] as? [[String: Any]])?.first?["delta"] as? [String: Any])?["content"] as? String
      }
      #expect(pieces.count > 5 && pieces.joined() == text)
      let cut = try Self.content(client.post("/v1/chat/completions", try Self.request(#""temperature": 0, "stop": " gripper""#)))
      #expect(cut.text == text?.components(separatedBy: " gripper")[0] && cut.finish == "stop")
      let short = try Self.content(client.post("/v1/chat/completions", try Self.request(#""temperature": 0, "max_tokens": 2"#)))
      #expect(short.finish == "length" && short.usage?["completion_tokens"] == 2 && text?.hasPrefix(short.text ?? "?") == true)
      // Drawn alike with the same seed.
      let drawn = try (0..<2).map { _ in
        try Self.content(client.post("/v1/chat/completions", try Self.request(#""temperature": 3, "seed": 5, "max_tokens": 20"#))).text
      }
      #expect(drawn[0] == drawn[1] && drawn[0] != text)
    }
  }

  /// What the model ends with is no part of the text, asked for special tokens or not; others are, where they are asked for.
  @Test func keepsSpecialTokens() throws {
    try ServerProcess.run(["serve", Self.model]) { server in
      let texts = try ["true", "false"].map { skipping in
        let request = try Self.request(
          "\"temperature\": 20, \"seed\": 3, \"max_tokens\": 300, \"skip_special_tokens\": \(skipping)")
        return try Self.content(try RawClient(port: server.port).post("/v1/chat/completions", request)).text ?? ""
      }
      #expect(!texts[0].contains("<|") && texts[1].contains("<|") && !texts[1].contains("<|im_end|>"), "\(texts)")
    }
  }

  @Test func refusesWhatDoesNotFit() throws {
    try ServerProcess.run(["serve", Self.model, "--name", "a/b"]) { server in
      let client = try RawClient(port: server.port)
      let models = try Self.json(client.get("/v1/models").body)
      #expect((models["data"] as? [[String: Any]])?.first?["id"] as? String == "a/b")
      #expect(try client.post("/v1/chat/completions", try Self.request(#""temperature": 0"#)).code == "model_not_found")
      let words = String(repeating: "block ", count: 600)
      for more in [#""model": "a/b""#, #""model": "a/b", "stream": true"#] {
        let request = try Self.request(more, question: words).replacing("\"model\": \"tabletop-vlm\", ", with: "")
        let long = try client.post("/v1/chat/completions", request)
        #expect(long.status == 400 && long.code == "context_length_exceeded", "\(long.text)")
      }
      #expect(try client.get("/healthz").status == 200)
    }
  }

  @Test func needsALanguageModel() throws {
    let run = try ToolProcess.run(["serve", Fixture.url("families/vit/transformers").path])
    #expect(run.status == 1, "\(run.errors)")
  }
}
