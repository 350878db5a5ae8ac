import Files
internal import Foundation
package import Tensors

/// Tokens of a prompt, its pictures' among them, and of what was written behind it, its end among them.
package struct ChatCount: Sendable, Equatable {
  package let prompt: Int
  package let completion: Int
  /// Whether the model ended the text, and not a limit.
  package let ended: Bool

  package init(prompt: Int, completion: Int, ended: Bool) {
    (self.prompt, self.completion, self.ended) = (prompt, completion, ended)
  }
}

/// A model behind a server that clients of OpenAI's chat completions talk to.
///
/// | place | what it answers |
/// |---|---|
/// | `GET /healthz`, `GET /health` | `OK` |
/// | `GET /v1/models`, `GET /v1/models/NAME` | the one model: its name and how many tokens it takes |
/// | `POST /v1/chat/completions` | a conversation with the assistant's next turn, whole or as server-sent events |
///
/// What would change the answer and cannot be had is refused, and not passed over.
package struct ServedChat: Sendable {
  /// What clients call the model.
  package let name: String
  /// Tokens of prompt and answer together, where the model has a limit.
  package let longest: Int?
  /// Writes the next turn, giving each piece of its text out as it is certain, until that returns `false`; called on one thread.
  /// Throws a `Rejection` where the conversation does not fit the model.
  package let answer: @Sendable (ChatRequest, _ write: (String) throws -> Bool) throws -> ChatCount
  package let log: @Sendable (ChatEvent) -> Void

  package init(
    name: String, longest: Int? = nil, log: @escaping @Sendable (ChatEvent) -> Void = { _ in },
    answer: @escaping @Sendable (ChatRequest, (String) throws -> Bool) throws -> ChatCount
  ) {
    (self.name, self.longest, self.log, self.answer) = (name, longest, log, answer)
  }

  package func routes() throws(VLMError) -> [Route] {
    var about: [String: JSONValue] = [
      "id": .string(name), "object": .string("model"), "created": .int(Int(Date().timeIntervalSince1970)),
      "owned_by": .string("vlmtool"),
    ]
    about["max_model_len"] = longest.map { .int($0) }
    let list = JSONValue.object(["object": .string("list"), "data": .array([.object(about)])])
    let path = name.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? name
    return [
      Route("GET", "/healthz", .fixed(.text("OK\n"))), Route("GET", "/health", .fixed(.text("OK\n"))),
      Route("GET", "/v1/models", .fixed(try .json(list))),
      Route("GET", "/v1/models/\(path)", .fixed(try .json(.object(about)))),
      Route("POST", "/v1/chat/completions", .handler { try respond(to: $0) }),
    ]
  }

  private func respond(to request: Request) throws -> Response {
    let start = ContinuousClock.now
    return try reporting(since: start) {
      let asked: ChatRequest
      do throws(VLMError) { asked = try ChatRequest(request.body) } catch { throw Rejection(error) }
      if let model = asked.settings.model, model != name {
        throw Rejection(
          VLMError(
            .requestRefused, "there is no model \"\(model.prefix(200))\" here", tensor: "model", remedy: "ask for \(name)"),
          status: 404, code: "model_not_found")
      }
      let answer = ChatAnswer(model: name)
      if asked.settings.streams { return stream(answer, asked, request, since: start) }
      var text = ""
      let outcome = try run(asked, request, since: start) { text += $0 }
      return try .json(answer.whole(text, outcome))
    }
  }

  /// Has in the log what became of a request that is not answered; what fails for a reason of the model's, the server has there.
  private func reporting<R>(since start: ContinuousClock.Instant, _ body: () throws -> R) throws -> R {
    do { return try body() } catch let rejection as Rejection {
      log(.refused("\(rejection.error)"))
      throw rejection
    } catch let error as VLMError where error.code == .clientGone {
      log(.left(seconds: (ContinuousClock.now - start) / .seconds(1)))
      throw error
    }
  }

  /// Runs the model; `give` gets the text up to a string that stops it.
  private func run(
    _ asked: ChatRequest, _ request: Request, since start: ContinuousClock.Instant, give: (String) throws -> Void
  ) throws -> ChatAnswer.Outcome {
    var scanner = StopScanner(asked.settings.stops)
    func pass(_ text: String) throws { if !text.isEmpty { try give(text) } }
    let count = try answer(asked) { piece in
      if request.isAbandoned() { throw VLMError(.clientGone, "the client has gone away") }
      try pass(scanner.append(piece))
      return !scanner.isStopped
    }
    try pass(scanner.finish())
    let outcome = ChatAnswer.Outcome(count: count, finish: scanner.isStopped || count.ended ? "stop" : "length")
    log(
      .answered(
        count, pictures: asked.pictures, finish: outcome.finish, seconds: (ContinuousClock.now - start) / .seconds(1)))
    return outcome
  }

  /// Server-sent events: one that says who speaks, one a piece, one with the end, `[DONE]`. An error after the first is an event too,
  /// as clients expect it of OpenAI and vLLM.
  private func stream(
    _ answer: ChatAnswer, _ asked: ChatRequest, _ request: Request, since start: ContinuousClock.Instant
  ) -> Response {
    let body = Response.Body.stream { writer in
      try reporting(since: start) {
        let sharesUsage = asked.settings.includesUsage
        var hasBegun = false
        func send(_ event: [UInt8]) throws { try writer.write(Array("data: ".utf8) + event + Array("\n\n".utf8)) }
        func begin() throws {
          if hasBegun { return }
          hasBegun = true
          try send(answer.chunk(["role": "assistant", "content": ""], sharesUsage: sharesUsage).bytes())
        }
        do {
          let outcome = try run(asked, request, since: start) { piece in
            try begin()
            try send(answer.chunk(["content": piece], sharesUsage: sharesUsage).bytes())
          }
          try begin()
          try send(answer.chunk([:], finish: outcome.finish, sharesUsage: sharesUsage).bytes())
          if sharesUsage { try send(answer.usageChunk(outcome).bytes()) }
        } catch let error where hasBegun && (error as? VLMError)?.code != .clientGone {
          log(.failed("\(error)"))
          let told = error as? VLMError ?? VLMError(.handlerFailed, "\(error)")
          try send(Array("{\"error\":\(told.members(status: 500))}".utf8))
        }
        try send(Array("[DONE]".utf8))
      }
    }
    return Response(type: "text/event-stream; charset=utf-8", body, headers: [("Cache-Control", "no-cache")])
  }
}
