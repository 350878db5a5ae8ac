/// What a server takes of its clients; past it they are refused and the rest goes on.
package struct ServerLimits: Sendable {
  /// Connections at a time.
  package var connections = 128
  /// Requests that wait for the model, the one that it works on left out.
  package var queue = 32
  /// Bytes of a request's line and header fields.
  package var headerBytes = 16 << 10
  /// Bytes of a request's body, or of a websocket's message.
  package var bodyBytes = 16 << 20
  /// Bytes of all requests together that are being received, wait or are worked on.
  package var memoryBytes = 256 << 20
  /// Messages of one websocket that wait for their turn.
  package var waitingMessages = 8

  /// From one request of a connection to the next.
  package var keepAlive = Duration.seconds(75)
  /// From the first byte of a request to the end of its header fields.
  package var headerTime = Duration.seconds(10)
  /// From there to the end of the body; of a websocket's message from its first byte on.
  package var bodyTime = Duration.seconds(60)
  /// For a client to read an answer, or a piece of one.
  package var writeTime = Duration.seconds(30)
  /// After a refusal, for the client to stop sending.
  package var lingerTime = Duration.seconds(2)
  /// Between a websocket's last byte and a ping.
  package var pingTime = Duration.seconds(30)
  /// Between a websocket's last byte and its end: a robot may be reset for minutes.
  package var silenceTime = Duration.seconds(600)

  package init() {}
}
