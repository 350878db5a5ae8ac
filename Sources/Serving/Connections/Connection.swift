import NIOCore

/// What is spoken over a connection: HTTP, then perhaps a websocket's messages.
protocol Exchange: AnyObject {
  /// Bytes have come in; they are not looked at yet.
  func received()
  /// The bytes that came in have been looked at.
  func parsed()
  /// The client did not send in time.
  func ranLate()
  /// There is no room for what the client sends.
  func foundNoRoom()
  /// The connection is to end after what it has been asked.
  func end()
  /// The connection is gone.
  func gone()
}

/// A client's connection: what it holds, and until when it may take for what it does.
final class Connection {
  let channel: any Channel
  let hub: ConnectionHub
  var exchange: (any Exchange)?

  /// Bytes of the request that is being received.
  private(set) var held = 0
  /// Whether everything has been said, and what still comes in is thrown away.
  private(set) var isDraining = false
  private var readDeadline = NIODeadline.distantFuture
  private var writeDeadline = NIODeadline.distantFuture
  private var unsentWrites = 0

  init(_ channel: any Channel, hub: ConnectionHub) { (self.channel, self.hub) = (channel, hub) }

  // MARK: What it holds

  /// - Returns: `false` when there is no room.
  func hold(_ count: Int) -> Bool {
    guard hub.hold(count) else { return false }
    held += count
    return true
  }

  /// Forgets bytes that were not kept.
  func forget(_ count: Int) {
    let count = min(count, held)
    held -= count
    hub.release(count)
  }

  /// Hands the bytes held to whoever takes the request on, who releases them.
  func claim() -> Int {
    defer { held = 0 }
    return held
  }

  // MARK: What it may take

  func expectBytes(within time: Duration?) {
    readDeadline = time.map { .now() + TimeAmount($0) } ?? .distantFuture
  }

  /// A promise for a write, which must be fulfilled in time.
  func write() -> EventLoopPromise<Void> {
    unsentWrites += 1
    if unsentWrites == 1 { writeDeadline = .now() + TimeAmount(hub.limits.writeTime) }
    let promise = channel.eventLoop.makePromise(of: Void.self)
    promise.futureResult.whenComplete { _ in
      self.unsentWrites -= 1
      self.writeDeadline =
        self.unsentWrites == 0 ? .distantFuture : .now() + TimeAmount(self.hub.limits.writeTime)
    }
    return promise
  }

  /// Set by the first handler of the channel, `ConnectionGuard`.
  var context: ChannelHandlerContext?

  /// Writes bytes as they are, past all other handlers.
  func writeRaw(_ bytes: ByteBuffer, _ promise: EventLoopPromise<Void>) {
    guard let context else { return promise.fail(ChannelError.ioOnClosedChannel) }
    context.writeAndFlush(NIOAny(bytes), promise: promise)
  }

  func enforceDeadlines(_ now: NIODeadline) {
    if writeDeadline <= now || isDraining && readDeadline <= now {
      channel.close(promise: nil)
    } else if readDeadline <= now {
      readDeadline = .distantFuture
      exchange?.ranLate()
    }
  }

  /// Ends the connection once `write` is sent: says so, then waits a little for the client to stop sending. Closed at once, what
  /// has been sent could be lost on its way with what was not read.
  func drain(after write: EventLoopFuture<Void>) {
    isDraining = true
    forget(held)
    readDeadline = .distantFuture
    write.whenComplete { _ in
      self.expectBytes(within: self.hub.limits.lingerTime)
      self.channel.close(mode: .output, promise: nil)
    }
  }

  func gone() {
    forget(held)
    hub.remove(self)
    exchange?.gone()
    exchange = nil
  }
}

// Its state is touched on the channel's event loop only.
extension Connection: @unchecked Sendable {}
