import Foundation
import Tensors
import TestSupport
import Testing

@testable import Serving

/// Websockets against real sockets, frame by frame.
@Suite struct SocketExchangeTests {
  static func service(_ answer: @escaping @Sendable (SocketMessage) throws -> SocketMessage = { $0 }) -> Route
  {
    Route(
      "GET", "/", .socket(SocketService(greeting: .text("welcome")) { message, _ in try answer(message) }))
  }

  static func run(
    _ route: Route = service(), limits: ServerLimits = ServerLimits(),
    _ body: (RawClient, Server) throws -> Void
  ) throws {
    try Server.run([route], limits: limits) { server in
      let client = try RawClient(server)
      try client.openSocket()
      #expect(try client.frame() == .init(0x81, Array("welcome".utf8)))
      try body(client, server)
    }
  }

  @Test func echoesMessages() throws {
    try Self.run { (client, _) throws in
      for count in [0, 1, 125, 126, 65_535, 65_536, 1_000_000] {
        let content = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        client.sendFrame(0x82, content)
        let answer = try client.frame()
        #expect(answer.first == 0x82 && answer.content == content, "\(count)")
      }
      client.sendFrame(0x81, Array("grüß".utf8))
      #expect(try client.frame().content == Array("grüß".utf8))
      // In pieces, with a ping between them; the pong comes first.
      client.sendFrame(0x02, [1, 2])
      client.sendFrame(0x89, [9])
      client.sendFrame(0x00, [])
      client.sendFrame(0x80, [3])
      #expect(try client.frame() == .init(0x8A, [9]))
      #expect(try client.frame() == .init(0x82, [1, 2, 3]))
      client.sendFrame(0x8A, [])
      // Byte by byte.
      for byte in RawClient.frame(0x82, [4, 5]) { client.send([byte]) }
      #expect(try client.frame() == .init(0x82, [4, 5]))
      // Several at once.
      client.send((1...5).flatMap { RawClient.frame(0x82, [$0]) })
      for number in 1...5 { #expect(try client.frame().content == [UInt8(number)]) }
      client.sendFrame(0x88, [3, 232])
      #expect(try client.closingCode() == 1000)
      #expect(client.isEnded)
    }
  }

  @Test(
    arguments: [
      (RawClient.frame(0x82, [1], isMasked: false), 1002),
      (RawClient.frame(0xC2, [1]), 1002),
      (RawClient.frame(0x83, [1]), 1002),
      (RawClient.frame(0x80, [1]), 1002),
      (RawClient.frame(0x02, [1]) + RawClient.frame(0x82, [1]), 1002),
      (RawClient.frame(0x09, [1]), 1002),
      (RawClient.frame(0x89, [UInt8](repeating: 0, count: 126)), 1002),
      (RawClient.frame(0x81, [0xFF]), 1007),
      (RawClient.frame(0x82, [UInt8](repeating: 0, count: 1001)), 1009),
      ((0..<3).flatMap { RawClient.frame($0 == 0 ? 0x02 : 0x00, [UInt8](repeating: 0, count: 400)) }, 1009),
      ([0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0], 1009),
      ([0x82, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0], 1009),
      (RawClient.frame(0x88, [3]), 1002),
      (RawClient.frame(0x88, [3, 237]), 1002),
      (RawClient.frame(0x88, [0, 0]), 1002),
      (RawClient.frame(0x88, [3, 232, 0xFF]), 1002),
      (RawClient.frame(0x88, []), nil),
      (RawClient.frame(0x88, [0x0F, 0xA0]), 4000),
    ] as [([UInt8], Int?)])
  func closes(frames: [UInt8], code: Int?) throws {
    var limits = ServerLimits()
    limits.bodyBytes = 1000
    limits.lingerTime = .milliseconds(100)
    try Self.run(limits: limits) { (client, server) throws in
      client.send(frames)
      #expect(try client.closingCode() == code)
      #expect(client.isEnded)
      eventually("it is gone") { server.connections == 0 && server.heldBytes == 0 }
    }
  }

  @Test func errorsAreTextsBeforeTheEnd() throws {
    let fails = Self.service { _ in throw Rejection(VLMError(.requestContent, "says why")) }
    try Self.run(fails) { (client, server) throws in
      client.sendFrame(0x82, [1])
      #expect(try client.frame() == .init(0x81, Array("says why".utf8)))
      #expect(try client.closingCode() == 1011)
      #expect(client.isEnded && server.heldBytes == 0)
    }
  }

  @Test func oneWhoDoesNotWaitIsStopped() throws {
    let opened = DispatchSemaphore(value: 0)
    let waits = Self.service { message in
      opened.wait()
      return message
    }
    var limits = ServerLimits()
    limits.waitingMessages = 2
    try Self.run(waits, limits: limits) { (client, server) throws in
      for number in 0..<4 { client.sendFrame(0x82, [UInt8(number)]) }
      #expect(try client.closingCode() == 1008)
      opened.signal()
      eventually("nothing is held") { server.heldBytes == 0 }
    }
  }

  @Test func theSilentArePingedThenGivenUp() throws {
    var limits = ServerLimits()
    limits.pingTime = .milliseconds(200)
    limits.silenceTime = .milliseconds(700)
    try Self.run(limits: limits) { (client, _) throws in
      #expect(try client.frame() == .init(0x89, []))
      client.sendFrame(0x8A, [])
      #expect(try client.frame() == .init(0x89, []))
      #expect(try client.closingCode() == 1001)
    }
  }

  @Test func halfAMessageIsGivenUp() throws {
    var limits = ServerLimits()
    limits.bodyTime = .milliseconds(300)
    try Self.run(limits: limits) { (client, _) throws in
      client.send([0x82, 0xFE, 0x10, 0x00, 1, 2, 3, 4, 5])
      #expect(try client.closingCode() == 1008)
    }
  }

  @Test func pingsThatNobodyReads() throws {
    var limits = ServerLimits()
    limits.writeTime = .milliseconds(500)
    try Server.run([Self.service()], limits: limits) { server in
      let client = try RawClient(server, receiveBuffer: 4096)
      try client.openSocket()
      let pings = Array(repeating: RawClient.frame(0x89, [UInt8](repeating: 1, count: 125)), count: 1000)
        .flatMap(\.self)
      while client.send(pings) {}
      eventually("it is gone") { server.connections == 0 && server.heldBytes == 0 }
    }
  }

  @Test func endsWithTheServer() throws {
    let server = try Server.start([Self.service()], host: "127.0.0.1", port: 0)
    let client = try RawClient(server)
    try client.openSocket()
    Thread.detachNewThread { server.shutDown(within: .seconds(5)) }
    #expect(try client.closingCode() == 1001)
  }
}
