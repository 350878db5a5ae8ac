import NIOCore
import NIOHTTP1
import NIOWebSocket

extension ConnectionHub {
  /// Takes handshakes at paths where a websocket is spoken, and puts a `SocketExchange` in the place of `http`.
  func handshake(_ connection: Connection, inPlaceOf http: HTTPExchange) -> NIOWebSocketServerUpgrader {
    NIOWebSocketServerUpgrader(
      maxFrameSize: limits.bodyBytes, automaticErrorHandling: false,
      shouldUpgrade: { channel, head in
        channel.eventLoop.makeSucceededFuture(self.service(head) == nil ? nil : [:])
      },
      upgradePipelineHandler: { channel, head in
        channel.eventLoop.makeCompletedFuture {
          guard let service = self.service(head) else {
            throw NIOWebSocketUpgradeError.unsupportedWebSocketTarget
          }
          let exchange = SocketExchange(connection, service, path: String(head.uri.prefix { $0 != "?" }))
          connection.forget(connection.held)
          connection.exchange = exchange
          channel.pipeline.syncOperations.removeHandler(http, promise: nil)
          try channel.pipeline.syncOperations.addHandler(exchange)
        }
      })
  }

  /// The websocket that a handshake is for; `nil` where it is refused, which `route` then says.
  private func service(_ head: HTTPRequestHead) -> SocketService? {
    guard !isEnding, head.method == .GET, Self.foreignOrigin(head.headers) == nil, head.version == .http1_1,
      !head.headers.contains(name: "content-length"), !head.headers.contains(name: "transfer-encoding")
    else { return nil }
    let path = head.uri.prefix { $0 != "?" }
    for route in routes where route.path == path {
      if case .socket(let service) = route.answer { return service }
    }
    return nil
  }
}
