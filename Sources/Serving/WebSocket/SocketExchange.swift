import NIOCore
import NIOWebSocket
import Tensors

/// Messages over a websocket (RFC 6455, without extensions): each is answered before the next is looked at.
final class SocketExchange: ChannelInboundHandler, Exchange {
  typealias InboundIn = WebSocketFrame
  typealias OutboundOut = WebSocketFrame

  private let connection: Connection
  private let service: SocketService
  private let path: String
  private var hub: ConnectionHub { connection.hub }

  /// The beginning of a message that comes in several frames.
  private var fragments: (opcode: WebSocketOpcode, bytes: ByteBuffer)?
  private var waiting: [(message: SocketMessage, claim: Int, arrival: NIODeadline)] = []
  /// The message that the worker has.
  private var ticket: Worker.Ticket?
  private var claimed = 0
  private var previousSeconds: Double?
  private var lastHeard = NIODeadline.now()
  private var isOver = false

  init(_ connection: Connection, _ service: SocketService, path: String) {
    (self.connection, self.service, self.path) = (connection, service, path)
  }

  func handlerAdded(context: ChannelHandlerContext) {
    connection.expectBytes(within: hub.limits.pingTime)
    if let greeting = service.greeting { send(greeting) }
  }

  // MARK: Frames

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if isOver { return }
    let frame = unwrapInboundIn(data)
    guard frame.reservedBits.isEmpty else { return close(.protocolError, "reserved bits are set") }
    guard frame.maskKey != nil else { return close(.protocolError, "a client's frames are masked") }
    switch frame.opcode {
    case .text, .binary, .continuation: receive(frame)
    case .ping:
      // Who does not read gets no more to read.
      if connection.channel.isWritable { write(.pong, frame.unmaskedData) }
      forgetControl(frame)
    case .pong: forgetControl(frame)
    case .connectionClose: receiveClose(frame.unmaskedData)
    default: close(.protocolError, "no such opcode")
    }
  }

  private func forgetControl(_ frame: WebSocketFrame) { connection.forget(frame.length + 6) }

  private func receive(_ frame: WebSocketFrame) {
    var bytes = frame.unmaskedData
    if frame.opcode == .continuation {
      guard fragments != nil else { return close(.protocolError, "nothing is there to continue") }
      guard fragments!.bytes.readableBytes + bytes.readableBytes <= hub.limits.bodyBytes else {
        return close(.messageTooLarge, "a message is longer than \(hub.limits.bodyBytes) bytes")
      }
      fragments!.bytes.writeBuffer(&bytes)
    } else {
      guard fragments == nil else { return close(.protocolError, "a message begins within another") }
      fragments = (frame.opcode, bytes)
    }
    guard frame.fin, let (opcode, content) = fragments else { return }
    fragments = nil
    let message: SocketMessage
    if opcode == .text {
      guard let text = String(validating: content.readableBytesView, as: UTF8.self) else {
        return close(.dataInconsistentWithMessage, "a text is not UTF-8")
      }
      message = .text(text)
    } else {
      message = .binary(Array(content.readableBytesView))
    }
    guard waiting.count < hub.limits.waitingMessages else {
      return close(
        .policyViolation, "more than \(hub.limits.waitingMessages) messages wait for their answers")
    }
    waiting.append((message, connection.claim(), .now()))
    workNext()
  }

  /// Answers a closing frame in kind.
  private func receiveClose(_ content: ByteBuffer) {
    var content = content
    guard content.readableBytes > 0 else { return close(nil, "") }
    guard let code = content.readInteger(as: UInt16.self), Self.mayBeSent(code),
      String(validating: content.readableBytesView, as: UTF8.self) != nil
    else { return close(.protocolError, "the closing frame is malformed") }
    close(WebSocketErrorCode(codeNumber: Int(code)), "")
  }

  private static func mayBeSent(_ code: UInt16) -> Bool {
    switch code {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }

  // MARK: Answers

  private func workNext() {
    guard ticket == nil, !isOver, !waiting.isEmpty else { return }
    let (message, claim, arrival) = waiting.removeFirst()
    claimed = claim
    let previous = previousSeconds
    ticket = hub.worker.submit { [self, loop = hub.loop, answer = service.answer] in
      let result = Result { try answer(message, previous) }
      loop.execute { self.worked(result, arrival) }
    }
    if ticket == nil {
      fail("the server is busy: there are more requests than it takes at a time", 1013, "try again later")
    }
  }

  private func worked(_ result: Result<SocketMessage, any Error>, _ arrival: NIODeadline) {
    releaseClaim()
    if isOver { return }
    switch result {
    case .success(let answer):
      send(answer).whenSuccess {
        self.previousSeconds = Double((NIODeadline.now() - arrival).nanoseconds) / 1e9
      }
      hub.log(
        .answered(
          method: "MESSAGE", path: path, status: 200,
          seconds: Double((NIODeadline.now() - arrival).nanoseconds) / 1e9))
      if hub.isEnding { return close(.goingAway, "the server ends") }
      workNext()
    case .failure(let rejection as Rejection): fail("\(rejection.error)", 1011, "see the message before")
    case .failure(let error):
      hub.log(.failed(path: path, "\(error)"))
      fail("\(error)", 1011, "see the message before")
    }
  }

  private func releaseClaim() {
    hub.release(claimed)
    claimed = 0
    ticket = nil
  }

  /// Says what is wrong in a text, and closes: clients of openpi take any text for an error.
  private func fail(_ message: String, _ code: Int, _ reason: String) {
    send(.text(message))
    close(WebSocketErrorCode(codeNumber: code), reason)
  }

  @discardableResult
  private func send(_ message: SocketMessage) -> EventLoopFuture<Void> {
    switch message {
    case .text(let text): write(.text, ByteBuffer(string: text))
    case .binary(let bytes): write(.binary, ByteBuffer(bytes: bytes))
    }
  }

  @discardableResult
  private func write(_ opcode: WebSocketOpcode, _ content: ByteBuffer) -> EventLoopFuture<Void> {
    let promise = connection.write()
    connection.channel.writeAndFlush(
      WebSocketFrame(fin: true, opcode: opcode, data: content), promise: promise)
    return promise.futureResult
  }

  /// Sends a closing frame and ends the connection.
  private func close(_ code: WebSocketErrorCode?, _ reason: String) {
    if isOver { return }
    isOver = true
    dropWaiting()
    var content = ByteBuffer()
    if let code {
      content.write(webSocketErrorCode: code)
      content.writeString(reason)
    }
    connection.drain(after: write(.connectionClose, content))
  }

  private func dropWaiting() {
    for (_, claim, _) in waiting { hub.release(claim) }
    waiting = []
    fragments = nil
    if let ticket, hub.worker.withdraw(ticket) { releaseClaim() }
  }

  // MARK: Exchange

  func received() { lastHeard = .now() }

  func parsed() {
    // Time runs from the first byte of a message.
    if connection.held == 0 {
      connection.expectBytes(within: hub.limits.pingTime)
      isWithinMessage = false
    } else if !isWithinMessage {
      connection.expectBytes(within: hub.limits.bodyTime)
      isWithinMessage = true
    }
  }

  private var isWithinMessage = false

  func ranLate() {
    if isWithinMessage { return close(.policyViolation, "the message was not sent in time") }
    if NIODeadline.now() - lastHeard > TimeAmount(hub.limits.silenceTime) {
      return close(.goingAway, "nothing was heard for too long")
    }
    if connection.channel.isWritable { write(.ping, ByteBuffer()) }
    connection.expectBytes(within: hub.limits.pingTime)
  }

  func foundNoRoom() { close(WebSocketErrorCode(codeNumber: 1013), "there is no room for this message") }

  func end() { if ticket == nil, waiting.isEmpty { close(.goingAway, "the server ends") } }

  func gone() {
    isOver = true
    dropWaiting()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    switch error {
    case NIOWebSocketError.invalidFrameLength:
      close(.messageTooLarge, "a frame is longer than \(hub.limits.bodyBytes) bytes")
    case is NIOWebSocketError: close(.protocolError, "a control frame is malformed")
    default: context.close(promise: nil)
    }
  }
}

// Its state is touched on the channel's event loop only.
extension SocketExchange: @unchecked Sendable {}
