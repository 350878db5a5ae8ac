/// A websocket's messages, whole.
package enum SocketMessage: Sendable, Equatable {
  case text(String)
  case binary([UInt8])

  var byteCount: Int {
    switch self {
    case .text(let text): text.utf8.count
    case .binary(let bytes): bytes.count
    }
  }
}

/// What goes on over a websocket.
package struct SocketService: Sendable {
  /// Sent as soon as a connection is made.
  package let greeting: SocketMessage?
  /// What a message is answered with; run on the worker's thread.
  ///
  /// The second argument is the time in seconds that the message before took, from its last byte until its answer was sent.
  /// What it throws is sent as a text, and the connection closed with 1011.
  package let answer: @Sendable (SocketMessage, Double?) throws -> SocketMessage

  package init(
    greeting: SocketMessage? = nil,
    answer: @escaping @Sendable (SocketMessage, Double?) throws -> SocketMessage
  ) {
    (self.greeting, self.answer) = (greeting, answer)
  }
}
