import NIOCore
import Tensors

/// All connections of a server, what they hold together, and where their requests go.
final class ConnectionHub {
  let loop: any EventLoop
  let limits: ServerLimits
  let routes: [Route]
  let worker: Worker
  let log: @Sendable (ServerEvent) -> Void

  private(set) var connections: [ObjectIdentifier: Connection] = [:]
  /// Bytes of requests that are being received, wait or are worked on.
  private(set) var heldBytes = 0
  /// Whether no more requests are taken.
  private(set) var isEnding = false

  init(
    loop: any EventLoop, limits: ServerLimits, routes: [Route], log: @escaping @Sendable (ServerEvent) -> Void
  ) {
    (self.loop, self.limits, self.routes, self.log) = (loop, limits, routes, log)
    worker = Worker(limit: limits.queue)
  }

  /// Counts bytes that came in; `false` when they are more than all connections may hold.
  func hold(_ count: Int) -> Bool {
    guard heldBytes + count <= limits.memoryBytes else { return false }
    heldBytes += count
    return true
  }

  func release(_ count: Int) { heldBytes -= count }

  func add(_ connection: Connection) { connections[ObjectIdentifier(connection)] = connection }

  func remove(_ connection: Connection) { connections[ObjectIdentifier(connection)] = nil }

  /// Ends what has taken too long; called several times a second.
  func enforceDeadlines() {
    let now = NIODeadline.now()
    for connection in connections.values { connection.enforceDeadlines(now) }
  }

  /// Has every connection end as soon as it has answered what it was asked.
  func end() {
    isEnding = true
    for connection in connections.values where !connection.isDraining { connection.exchange?.end() }
  }

  /// Whether nobody waits for an answer any more.
  var isQuiet: Bool { connections.values.allSatisfy(\.isDraining) }

  func closeAll() {
    for connection in connections.values { connection.channel.close(promise: nil) }
  }
}

// Its state is touched on `loop` only.
extension ConnectionHub: @unchecked Sendable {}
