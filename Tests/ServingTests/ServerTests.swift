import Files
import Foundation
import Synchronization
import Tensors
import TestSupport
import Testing

@testable import Serving

/// HTTP against real sockets.
@Suite struct ServerTests {
  static let echo = Route(
    "POST", "/echo", .handler { Response(type: "application/octet-stream", .bytes($0.body)) })
  static let health = Route("GET", "/healthz", .fixed(.text("OK\n")))

  @Test func answersWhatItIsAsked() throws {
    try Server.run([Self.echo, Self.health]) { server in
      let client = try RawClient(server)
      // One connection, many requests.
      for text in ["", "a", String(repeating: "long ", count: 50_000)] {
        let answer = try client.post("/echo", text)
        #expect(answer.status == 200 && answer.text == text)
      }
      let health = try client.get("/healthz?a=b")
      #expect(health.status == 200 && health.text == "OK\n" && health.headers["connection"] == nil)
      client.send("HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
      let head = try client.answer(hasBody: false)
      #expect(head.status == 200 && head.headers["content-length"] == "3")
      #expect(head.headers["date"]?.wholeMatch(of: /[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT/) != nil)
      // In chunks, and two at once.
      client.send(
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")
      #expect(try client.answer().text == "abc")
      client.send(RawClient.post("/echo", Array("one".utf8)) + RawClient.post("/echo", Array("two".utf8)))
      #expect(try client.answer().text == "one")
      #expect(try client.answer().text == "two")
      client.send("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
      #expect(try client.head().status == 100)
      client.send("hi")
      #expect(try client.answer().text == "hi")
      let last = try client.get("/healthz", headers: "Connection: close\r\n")
      #expect(last.headers["connection"] == "close" && client.isEnded)
      let old = try RawClient(server)
      old.send("GET /healthz HTTP/1.0\r\n\r\n")
      #expect(try old.answer().text == "OK\n")
      #expect(old.isEnded)
    }
  }

  /// Each is refused with a status and a code, and the server goes on.
  @Test(
    arguments: [
      ("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n", 404, "serving.request.refused"),
      ("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n", 405, "serving.request.refused"),
      ("DELETE /echo HTTP/1.1\r\nHost: x\r\n\r\n", 405, "serving.request.refused"),
      (
        "POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n", 413,
        "serving.request.tooLarge"
      ),
      ("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100001\r\n\r\n", 413, "serving.request.tooLarge"),
      ("POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n", 404, "serving.request.refused"),
      (
        "GET /healthz HTTP/1.1\r\nHost: x\r\nOrigin: http://elsewhere\r\n\r\n", 403, "serving.request.refused"
      ),
      ("hello\r\n\r\n", 400, "serving.request.malformed"),
      ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{fc}\u{3}\r\n\r\n", 400, "serving.request.malformed"),
      ("GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n", 505, "serving.request.malformed"),
      ("GET /healthz HTTP/1.1\r\nHost x\r\n\r\n", 400, "serving.request.malformed"),
      ("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400, "serving.request.malformed"),
      (
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400,
        "serving.request.malformed"
      ),
      (
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
        "serving.request.malformed"
      ),
      (
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400,
        "serving.request.malformed"
      ),
      (
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1ffff\r\n"
          + String(repeating: "x", count: 0x1ffff), 413,
        "serving.request.tooLarge"
      ),
      (
        "GET /healthz HTTP/1.1\r\nX: " + String(repeating: "x", count: 40_000) + "\r\n\r\n", 431,
        "serving.request.tooLarge"
      ),
      ("GET /" + String(repeating: "x", count: 40_000), 431, "serving.request.tooLarge"),
      (
        "GET /healthz HTTP/1.1\r\n" + (0..<500).map { "X\($0): y\r\n" }.joined() + "\r\n", 431,
        "serving.request.tooLarge"
      ),
      (String(repeating: "\r\n", count: 20_000), 431, "serving.request.tooLarge"),
      ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 426, "serving.request.refused"),
      (
        RawClient.handshake.replacing("Sec-WebSocket-Version: 13", with: "Sec-WebSocket-Version: 8"), 400,
        "serving.request.refused"
      ),
      (RawClient.handshake.replacing("Sec-WebSocket-Key", with: "X"), 400, "serving.request.refused"),
      (RawClient.handshake.replacing("GET / ", with: "GET /healthz "), 200, nil),
      (
        RawClient.handshake.replacing("Host: x\r\n", with: "Host: x\r\nOrigin: http://y\r\n"), 403,
        "serving.request.refused"
      ),
    ] as [(String, Int, String?)])
  func refuses(request: String, status: Int, code: String?) throws {
    var limits = ServerLimits()
    limits.bodyBytes = 100_000
    let socket = Route("GET", "/", .socket(SocketService { message, _ in message }))
    try Server.run([Self.echo, Self.health, socket], limits: limits) { server in
      let client = try RawClient(server)
      client.send(request)
      let answer = try client.answer()
      #expect(answer.status == status && answer.code == code, "\(answer.text)")
      if status == 405 { #expect(answer.headers["allow"] != nil) }
      #expect(try RawClient(server).get("/healthz").status == 200)
    }
  }

  @Test func failuresOfHandlers() throws {
    let routes = [
      Route(
        "GET", "/rejects",
        .handler { _ in throw Rejection(.init(.requestContent, "says why", remedy: "do better"), status: 422)
        }),
      Route("GET", "/fails", .handler { _ in throw CancellationError() }), Self.health,
    ]
    let log = Mutex<[String]>([])
    let server = try Server.start(routes, host: "127.0.0.1", port: 0) { event in
      if case .failed(let path, _) = event { log.withLock { $0.append(path) } }
    }
    defer { server.shutDown(within: .seconds(1)) }
    let client = try RawClient(server)
    let rejected = try client.get("/rejects")
    #expect(
      rejected.status == 422
        && rejected.text
          == "{\"error\":{\"code\":\"serving.request.content\",\"message\":\"says why (do better)\","
          + "\"param\":null,\"type\":\"invalid_request_error\"}}\n"
    )
    let failed = try client.get("/fails")
    #expect(failed.status == 500 && failed.code == "serving.handler.failed")
    #expect(log.withLock { $0 } == ["/fails"])
  }

  @Test func slowClientsAreGivenUp() throws {
    var limits = ServerLimits()
    limits.headerTime = .milliseconds(300)
    limits.bodyTime = .milliseconds(600)
    limits.keepAlive = .milliseconds(300)
    try Server.run([Self.echo, Self.health], limits: limits) { server in
      let silent = try RawClient(server)
      #expect(silent.isEnded)
      let half = try RawClient(server)
      half.send("GET /healthz HTTP/1.1\r\nHost:")
      #expect(try half.answer().status == 408)
      let dripping = try RawClient(server)
      dripping.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n")
      for _ in 0..<20 where dripping.send("x") { Thread.sleep(forTimeInterval: 0.1) }
      #expect(try dripping.answer().status == 408)
      let idle = try RawClient(server)
      #expect(try idle.get("/healthz").status == 200)
      #expect(idle.isEnded)
      eventually("all are gone") { server.connections == 0 && server.heldBytes == 0 }
    }
  }

  @Test func streamsComeAsTheyAreWritten() throws {
    let gone = Mutex(false)
    let count = Route(
      "GET", "/count",
      .handler { _ in
        Response(
          type: "text/event-stream",
          .stream { writer in
            for number in 0..<5 { try writer.write(Array("data: \(number)\n\n".utf8)) }
          })
      })
    let endless = Route(
      "GET", "/endless",
      .handler { _ in
        Response(
          type: "text/event-stream",
          .stream { writer in
            defer { gone.withLock { $0 = true } }
            while true { try writer.write([UInt8](repeating: 0x61, count: 1 << 16)) }
          })
      })
    let breaks = Route(
      "GET", "/breaks",
      .handler { _ in
        Response(
          type: "text/plain",
          .stream {
            try $0.write([0x61]); throw CancellationError()
          })
      })
    var limits = ServerLimits()
    limits.writeTime = .milliseconds(500)
    try Server.run([count, endless, breaks, Self.health], limits: limits) { server in
      let client = try RawClient(server)
      let answer = try client.get("/count")
      #expect(answer.headers["transfer-encoding"] == "chunked")
      #expect(answer.text == "data: 0\n\ndata: 1\n\ndata: 2\n\ndata: 3\n\ndata: 4\n\n")
      #expect(try client.get("/healthz").status == 200)
      #expect(throws: RawClient.Failure.self) { try client.get("/breaks") }
      // One who does not read holds the worker no longer than `writeTime`.
      let stuck = try RawClient(server, receiveBuffer: 4096)
      stuck.send("GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
      eventually("the stream has ended") { gone.withLock { $0 } }
      gone.withLock { $0 = false }
      do {
        let leaver = try RawClient(server)
        leaver.send("GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try leaver.head().status == 200)
      }
      eventually("the stream has ended") { gone.withLock { $0 } }
      #expect(try RawClient(server).get("/count").status == 200)
    }
  }

  /// The example of RFC 9110, and the first second of a leap day.
  @Test func datesAreHTTPs() {
    #expect(HTTPExchange.date(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    #expect(HTTPExchange.date(1_709_164_800) == "Thu, 29 Feb 2024 00:00:00 GMT")
  }
}
