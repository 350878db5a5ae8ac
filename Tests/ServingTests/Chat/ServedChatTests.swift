import Files
import Foundation
import Synchronization
import Tensors
import TestSupport
import Testing

@testable import Serving

/// Chat completions over real sockets; `fixtures/oracle/check_chat.py` does it with OpenAI's own client.
@Suite struct ServedChatTests {
  /// A model that writes what it is made to.
  struct Scripted: Sendable {
    var pieces = ["one ", "two ", "three"]
    var ended = true
    var error: (any Error)?
    let log = Log()

    final class Log: Sendable {
      let events = Mutex<[String]>([])
      var lines: [String] { events.withLock { $0 } }
    }

    var routes: [Route] {
      get throws {
        try ServedChat(name: "tiny", longest: 512, log: { event in log.events.withLock { $0.append("\(event)") } }) { request, write in
          var count = 0
          for piece in pieces {
            count += 1
            if try !write(piece) { return ChatCount(prompt: 9, completion: count, ended: false) }
          }
          if let error { throw error }
          return ChatCount(prompt: 9, completion: count + (ended ? 1 : 0), ended: ended)
        }.routes()
      }
    }
  }

  static func body(_ more: String = "") -> String {
    "{\"model\": \"tiny\", \(ChatRequestTests.hello)\(more.isEmpty ? "" : ", ")\(more)}"
  }

  static func ask(_ server: Server, _ body: String) throws -> (answer: RawClient.Answer, json: JSONValue) {
    let answer = try RawClient(server).post("/v1/chat/completions", body)
    return (answer, try JSONValue(parsing: Data(answer.body), file: "answer", code: .requestContent))
  }

  /// Events of a stream as JSON; the last is what OpenAI ends with.
  static func events(_ server: Server, _ body: String) throws -> [JSONValue] {
    let answer = try RawClient(server).post("/v1/chat/completions", body)
    #expect(answer.status == 200 && answer.headers["content-type"] == "text/event-stream; charset=utf-8", "\(answer.text)")
    var events = answer.text.components(separatedBy: "\n\n")
    #expect(events.suffix(2) == ["data: [DONE]", ""], "\(answer.text)")
    events.removeLast(2)
    return try events.map { event in
      #expect(event.hasPrefix("data: ") && !event.contains("\n"))
      return try JSONValue(parsing: Data(event.dropFirst(6).utf8), file: "event", code: .requestContent)
    }
  }

  @Test func saysWhatItServes() throws {
    try Server.run(try Scripted().routes) { server in
      let client = try RawClient(server)
      for path in ["/healthz", "/health"] { #expect(try client.get(path).text == "OK\n") }
      let list = try JSONValue(parsing: Data(client.get("/v1/models").body), file: "x", code: .requestContent)
      #expect(list["object"]?.stringValue == "list" && list["data"]?.arrayValue?.count == 1)
      let model = try JSONValue(parsing: Data(client.get("/v1/models/tiny").body), file: "x", code: .requestContent)
      #expect(model == list.at("data.0") && model["id"]?.stringValue == "tiny" && model["max_model_len"]?.intValue == 512)
      #expect(try client.get("/v1/models/other").status == 404)
      #expect(try client.get("/v1/chat/completions").status == 405)
    }
  }

  @Test func answersWhole() throws {
    let model = Scripted()
    try Server.run(try model.routes) { server in
      let (answer, json) = try Self.ask(server, Self.body())
      #expect(answer.status == 200 && json["object"]?.stringValue == "chat.completion" && json["model"]?.stringValue == "tiny")
      #expect(json["id"]?.stringValue?.hasPrefix("chatcmpl-") == true && json["created"]?.intValue != nil)
      let choice = json.at("choices.0")
      #expect(choice?.at("message.role")?.stringValue == "assistant")
      #expect(choice?.at("message.content")?.stringValue == "one two three")
      #expect(choice?["finish_reason"]?.stringValue == "stop" && choice?["index"]?.intValue == 0)
      #expect(
        json["usage"] == .object(["prompt_tokens": .int(9), "completion_tokens": .int(4), "total_tokens": .int(13)]))
      // A request that does not name the model means the one that there is.
      #expect(try Self.ask(server, "{\(ChatRequestTests.hello)}").answer.status == 200)
      let lines = model.log.lines
      #expect(lines.count == 2 && lines[0].hasPrefix("answered: 9 tokens read, 4 written in 0.0"), "\(lines)")
    }
  }

  @Test func saysWhereTheLimitEnded() throws {
    var model = Scripted()
    model.ended = false
    try Server.run(try model.routes) { server in
      let json = try Self.ask(server, Self.body()).json
      #expect(json.at("choices.0.finish_reason")?.stringValue == "length" && json.at("usage.completion_tokens")?.intValue == 3)
    }
  }

  @Test func streams() throws {
    try Server.run(try Scripted().routes) { server in
      let events = try Self.events(server, Self.body(#""stream": true"#))
      #expect(events.allSatisfy { $0["object"]?.stringValue == "chat.completion.chunk" && $0.objectValue?["usage"] == nil })
      #expect(Set(events.map { $0["id"]?.stringValue }).count == 1)
      #expect(
        events.map { $0.at("choices.0.delta") } == [
          .object(["role": .string("assistant"), "content": .string("")]), .object(["content": .string("one ")]),
          .object(["content": .string("two ")]), .object(["content": .string("three")]), .object([:]),
        ])
      #expect(events.map { $0.at("choices.0.finish_reason")?.stringValue } == [nil, nil, nil, nil, "stop"])
      let counted = try Self.events(server, Self.body(#""stream": true, "stream_options": {"include_usage": true}"#))
      #expect(counted.count == 6 && counted.dropLast().allSatisfy { $0.objectValue?["usage"] == .null })
      #expect(counted[5]["choices"] == .array([]) && counted[5].at("usage.total_tokens")?.intValue == 13)
    }
  }

  @Test func stopsBeforeStrings() throws {
    let model = Scripted(pieces: ["one t", "wo thr", "ee ", "four"])
    try Server.run(try model.routes) { server in
      let json = try Self.ask(server, Self.body(#""stop": ["three"]"#)).json
      #expect(json.at("choices.0.message.content")?.stringValue == "one two ")
      #expect(json.at("choices.0.finish_reason")?.stringValue == "stop" && json.at("usage.completion_tokens")?.intValue == 3)
      let events = try Self.events(server, Self.body(#""stop": "three", "stream": true"#))
      #expect(events.compactMap { $0.at("choices.0.delta.content")?.stringValue } == ["", "one ", "two "])
      // What was held back and came to nothing is given out at the end.
      let rest = try Self.events(server, Self.body(#""stop": "fours", "stream": true"#))
      #expect(rest.compactMap { $0.at("choices.0.delta.content")?.stringValue }.joined() == "one two three four")
    }
  }

  @Test func refusesAsOpenAIDoes() throws {
    let model = Scripted()
    var limits = ServerLimits()
    limits.bodyBytes = 10_000
    try Server.run(try model.routes, limits: limits) { server in
      let (answer, json) = try Self.ask(server, Self.body(#""n": 2"#))
      #expect(answer.status == 400)
      #expect(
        json["error"]
          == .object([
            "code": .string("serving.request.content"), "type": .string("invalid_request_error"), "param": .string("n"),
            "message": .string("request: n: is 2, which is not to be had here; only 1 is (leave it out)"),
          ]))
      let other = try Self.ask(server, "{\"model\": \"gpt-4\", \(ChatRequestTests.hello)}")
      #expect(other.answer.status == 404 && other.answer.code == "model_not_found")
      #expect(other.json.at("error.message")?.stringValue == "model: there is no model \"gpt-4\" here (ask for tiny)")
      let long = try Self.ask(server, Self.body("\"user\": \"\(String(repeating: "x", count: 20_000))\""))
      #expect(long.answer.status == 413 && long.json.at("error.type")?.stringValue == "invalid_request_error")
      #expect(try Self.ask(server, Self.body(#""n": 2, "stream": true"#)).answer.status == 400)
      #expect(model.log.lines.count == 3 && model.log.lines.allSatisfy { $0.hasPrefix("refused: ") }, "\(model.log.lines)")
    }
  }

  /// Before the first piece an error has a status of its own, whether the answer was to be streamed or not.
  @Test(arguments: [false, true]) func errorsBeforeTheAnswer(isStreamed: Bool) throws {
    let long = VLMError(VLMError.Code("runtime.prompt.length"), "the prompt has 900 tokens, the model takes 512")
    for (error, status, code) in [
      (Rejection(long, code: "context_length_exceeded"), 400, "context_length_exceeded"), (long, 500, "runtime.prompt.length"),
    ] as [(any Error, Int, String)] {
      try Server.run(try Scripted(pieces: [], error: error).routes) { server in
        let (answer, json) = try Self.ask(server, Self.body("\"stream\": \(isStreamed)"))
        #expect(answer.status == status && answer.code == code && answer.headers["content-type"] == "application/json")
        #expect(json.at("error.message")?.stringValue?.contains("900 tokens") == true)
        #expect(try RawClient(server).get("/healthz").status == 200)
      }
    }
  }

  @Test func errorsInTheMiddleOfAStream() throws {
    let model = Scripted(error: VLMError(.handlerFailed, "a value is not finite"))
    try Server.run(try model.routes) { server in
      let events = try Self.events(server, Self.body(#""stream": true"#))
      #expect(events.count == 5 && events[4].at("error.message")?.stringValue == "a value is not finite")
      #expect(events[4].at("error.type")?.stringValue == "server_error")
      #expect(model.log.lines == ["failed: a value is not finite"], "\(model.log.lines)")
    }
  }

  @Test func textWithoutAnything() throws {
    try Server.run(try Scripted(pieces: []).routes) { server in
      #expect(try Self.ask(server, Self.body()).json.at("choices.0.message.content")?.stringValue == "")
      let events = try Self.events(server, Self.body(#""stream": true"#))
      #expect(events.count == 2 && events[1].at("choices.0.finish_reason")?.stringValue == "stop")
    }
  }

  /// The model does not go on for a client who has left.
  @Test(arguments: [false, true]) func whoLeavesEndsTheText(isStreamed: Bool) throws {
    let written = Mutex(0)
    let lines = Mutex<[String]>([])
    let chat = ServedChat(name: "tiny", log: { event in lines.withLock { $0.append("\(event)") } }) { _, write in
      while try write("word ") {
        written.withLock { $0 += 1 }
        Thread.sleep(forTimeInterval: 0.001)
      }
      return ChatCount(prompt: 1, completion: 1, ended: false)
    }
    try Server.run(try chat.routes()) { server in
      do {
        let leaver = try RawClient(server)
        leaver.send(RawClient.post("/v1/chat/completions", Array(Self.body("\"stream\": \(isStreamed)").utf8)))
        eventually("it is worked on") { written.withLock { $0 } > 10 }
      }
      eventually("it has ended") { lines.withLock { $0.first?.hasPrefix("the client left after") == true } }
      eventually("nothing is held") { server.heldBytes == 0 && server.connections == 0 }
      #expect(try RawClient(server).get("/healthz").status == 200)
    }
  }
}
