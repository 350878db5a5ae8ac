import NIOCore

/// Counts a connection's bytes before anyone looks at them.
final class ConnectionGuard: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private let connection: Connection

  init(_ connection: Connection) { self.connection = connection }

  func handlerAdded(context: ChannelHandlerContext) { connection.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { connection.context = nil }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if connection.isDraining { return }
    guard connection.hold(unwrapInboundIn(data).readableBytes) else {
      connection.exchange?.foundNoRoom()
      return
    }
    connection.exchange?.received()
    context.fireChannelRead(data)
    if !connection.isDraining { connection.exchange?.parsed() }
  }
}

/// Tells a client that came when there were enough.
final class ConnectionRefusal: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private static let text =
    "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"

  func channelActive(context: ChannelHandlerContext) {
    let channel = context.channel
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: Self.text))).whenComplete { _ in
      channel.close(promise: nil)
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {}
}
