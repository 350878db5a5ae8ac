import Foundation
import Synchronization
import Tensors
import TestSupport
import Testing

@testable import Serving

/// Many clients of one worker.
@Suite struct QueueTests {
  /// A handler that waits until it is let go.
  final class Gate: Sendable {
    let begun = Mutex<[String]>([])
    let opened = DispatchSemaphore(value: 0)

    var route: Route {
      Route(
        "POST", "/wait",
        .handler { [self] request in
          begun.withLock { $0.append(String(decoding: request.body, as: UTF8.self)) }
          opened.wait()
          return Response(type: "text/plain", .bytes(request.body))
        })
    }

    var names: [String] { begun.withLock { $0 } }
  }

  @Test func aHundredOneAfterAnother() throws {
    try Server.run([ServerTests.echo]) { server in
      for number in 0..<100 {
        let answer = try RawClient(server).post("/echo", "\(number)")
        #expect(answer.text == "\(number)")
      }
      eventually("all are gone") { server.connections == 0 && server.heldBytes == 0 }
    }
  }

  @Test func tenAtOnceInTheirOrder() throws {
    let gate = Gate()
    try Server.run([gate.route, ServerTests.health]) { server in
      let clients = try (0..<10).map { _ in try RawClient(server) }
      for (number, client) in clients.enumerated() {
        let request = RawClient.post("/wait", Array("\(number)".utf8))
        client.send(request)
        eventually("it has arrived") { server.heldBytes == request.count * (number + 1) }
      }
      // What is fixed is answered at once.
      #expect(try RawClient(server).get("/healthz").status == 200)
      #expect(gate.names == ["0"])
      for _ in clients { gate.opened.signal() }
      for (number, client) in clients.enumerated() { #expect(try client.answer().text == "\(number)") }
      #expect(gate.names == (0..<10).map(String.init))
      #expect(server.heldBytes == 0)
    }
  }

  @Test func moreThanTheQueueTakesAreToldSo() throws {
    let gate = Gate()
    var limits = ServerLimits()
    limits.queue = 2
    try Server.run([gate.route], limits: limits) { server in
      let clients = try (0..<3).map { _ in try RawClient(server) }
      for (number, client) in clients.enumerated() {
        let request = RawClient.post("/wait", Array("\(number)".utf8))
        client.send(request)
        eventually("it has arrived") { server.heldBytes == request.count * (number + 1) }
        if number == 0 { eventually("it is worked on") { gate.names == ["0"] } }
      }
      let late = try RawClient(server)
      let refused = try late.post("/wait", "late")
      #expect(
        refused.status == 503 && refused.code == "serving.server.busy"
          && refused.headers["retry-after"] == "1")
      for _ in 0..<4 { gate.opened.signal() }
      for client in clients { #expect(try client.answer().status == 200) }
      // The same connection may try again.
      #expect(try late.post("/wait", "late").status == 200)
    }
  }

  @Test func whoLeavesLeavesTheQueue() throws {
    let gate = Gate()
    try Server.run([gate.route]) { server in
      let first = try RawClient(server)
      first.send(RawClient.post("/wait", Array("first".utf8)))
      eventually("it is worked on") { gate.names == ["first"] }
      do {
        let leaver = try RawClient(server)
        leaver.send(RawClient.post("/wait", Array("leaver".utf8)))
        eventually("it waits") { server.heldBytes > 100 }
      }
      eventually("it has left") { server.connections == 1 }
      let last = try RawClient(server)
      last.send(RawClient.post("/wait", Array("last".utf8)))
      for _ in 0..<2 { gate.opened.signal() }
      #expect(try first.answer().text == "first")
      #expect(try last.answer().text == "last")
      #expect(gate.names == ["first", "last"])
      #expect(server.heldBytes == 0)
    }
  }

  @Test func whoLeavesWhileWorkedOnHarmsNobody() throws {
    let gate = Gate()
    try Server.run([gate.route]) { server in
      do {
        let leaver = try RawClient(server)
        leaver.send(RawClient.post("/wait", Array("leaver".utf8)))
        eventually("it is worked on") { gate.names == ["leaver"] }
      }
      eventually("it has left") { server.connections == 0 }
      let next = try RawClient(server)
      next.send(RawClient.post("/wait", Array("next".utf8)))
      for _ in 0..<2 { gate.opened.signal() }
      #expect(try next.answer().text == "next")
      eventually("nothing is held") { server.heldBytes == 0 }
    }
  }

  @Test func memoryIsBounded() throws {
    var limits = ServerLimits()
    limits.memoryBytes = 1 << 20
    limits.bodyBytes = 1 << 20
    try Server.run([ServerTests.echo], limits: limits) { server in
      let big = [UInt8](repeating: 0x61, count: 700_000)
      let holder = try RawClient(server)
      holder.send(Array(RawClient.post("/echo", big).dropLast()))
      eventually("it has arrived") { server.heldBytes >= 700_000 }
      let other = try RawClient(server)
      other.send(RawClient.post("/echo", big))
      let refused = try other.answer()
      #expect(refused.status == 503 && refused.code == "serving.server.busy")
      holder.send([0x61])
      #expect(try holder.answer().body == big)
      eventually("nothing is held") { server.heldBytes == 0 }
    }
  }

  @Test func connectionsAreBounded() throws {
    var limits = ServerLimits()
    limits.connections = 3
    try Server.run([ServerTests.health], limits: limits) { server in
      let clients = try (0..<3).map { _ in try RawClient(server) }
      for client in clients { #expect(try client.get("/healthz").status == 200) }
      #expect(try RawClient(server).answer().status == 503)
      #expect(try clients[0].get("/healthz").status == 200)
    }
  }

  @Test func pipelinesThatNobodyReads() throws {
    var limits = ServerLimits()
    limits.writeTime = .milliseconds(500)
    let body = [UInt8](repeating: 0x61, count: 100_000)
    let big = Route("GET", "/big", .fixed(Response(type: "text/plain", .bytes(body))))
    try Server.run([big], limits: limits) { server in
      let client = try RawClient(server, receiveBuffer: 4096)
      let requests = Array(String(repeating: "GET /big HTTP/1.1\r\nHost: x\r\n\r\n", count: 2000).utf8)
      // The server stops reading, then gives up.
      while client.send(requests) {}
      eventually("it is gone") { server.connections == 0 }
    }
  }

  @Test func endsAfterWhatItWasAsked() throws {
    let gate = Gate()
    let server = try Server.start([gate.route], host: "127.0.0.1", port: 0)
    let idle = try RawClient(server)
    let asked = try RawClient(server)
    asked.send(RawClient.post("/wait", Array("asked".utf8)))
    eventually("it is worked on") { gate.names == ["asked"] }
    let isAnswered = Mutex<Bool?>(nil)
    Thread.detachNewThread {
      let result = server.shutDown(within: .seconds(10))
      isAnswered.withLock { $0 = result }
    }
    #expect(idle.isEnded)
    #expect(throws: RawClient.Failure.self) { try RawClient(server) }
    gate.opened.signal()
    let answer = try asked.answer()
    #expect(answer.text == "asked" && answer.headers["connection"] == "close")
    eventually("it has ended") { isAnswered.withLock { $0 } == true }
  }

  @Test func endsWithoutWhatTakesTooLong() throws {
    let gate = Gate()
    let server = try Server.start([gate.route], host: "127.0.0.1", port: 0)
    let asked = try RawClient(server)
    asked.send(RawClient.post("/wait", Array("asked".utf8)))
    eventually("it is worked on") { gate.names == ["asked"] }
    #expect(!server.shutDown(within: .milliseconds(200)))
    #expect(asked.isEnded)
    gate.opened.signal()
  }

  @Test func aPortThatIsTaken() throws {
    try Server.run([ServerTests.health]) { server in
      #expect(throws: VLMError.self) {
        try Server.start([ServerTests.health], host: "127.0.0.1", port: server.port)
      }
      #expect(throws: VLMError.self) { try Server.start([], host: "no.such.host.invalid", port: 0) }
    }
  }
}
