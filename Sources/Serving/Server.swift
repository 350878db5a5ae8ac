internal import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
package import Tensors

/// A small server of HTTP/1.1 and websockets for one model: requests are answered one at a time, in the order in which they came.
///
///     let server = try Server.start([Route("GET", "/healthz", .fixed(.text("OK\n")))], host: "127.0.0.1", port: 8000)
///     ...
///     server.shutDown(within: .seconds(10))
///
/// All connections are served by one thread, handlers run on another; neither waits for a client. There is no TLS and nobody is
/// asked for a password: it is made for programs on the same machine.
package final class Server: Sendable {
  private let group: MultiThreadedEventLoopGroup
  private let listener: any Channel
  private let hub: ConnectionHub
  private let deadlines: RepeatedTask

  /// Where it listens.
  package let host: String
  package let port: Int

  /// Begins to listen.
  ///
  /// - Parameters:
  ///   - port: 0 takes one that is free.
  ///   - log: called from several threads.
  /// - Throws: `serving.address.unusable`.
  package static func start(
    _ routes: [Route], host: String, port: Int, limits: ServerLimits = ServerLimits(),
    log: @escaping @Sendable (ServerEvent) -> Void = { _ in }
  ) throws(VLMError) -> Server {
    do {
      return try Server(routes, host: host, port: port, limits, log)
    } catch {
      throw VLMError(
        .servingAddress, "cannot listen on \(host), port \(port): \(error)",
        remedy: "take another port with --port, or 0 for one that is free", cause: error)
    }
  }

  private init(
    _ routes: [Route], host: String, port: Int, _ limits: ServerLimits,
    _ log: @escaping @Sendable (ServerEvent) -> Void
  ) throws {
    group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let hub = ConnectionHub(loop: group.next(), limits: limits, routes: routes, log: log)
    self.hub = hub
    do {
      listener = try ServerBootstrap(group: group)
        .serverChannelOption(.backlog, value: 256)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        .childChannelInitializer { channel in channel.eventLoop.makeCompletedFuture { try hub.admit(channel) }
        }
        .bind(host: host, port: port).wait()
    } catch {
      hub.worker.stop()
      try? group.syncShutdownGracefully()
      throw error
    }
    deadlines = hub.loop.scheduleRepeatedTask(initialDelay: .milliseconds(250), delay: .milliseconds(250)) {
      _ in
      hub.enforceDeadlines()
    }
    self.host = listener.localAddress?.ipAddress ?? host
    self.port = listener.localAddress?.port ?? port
  }

  /// `127.0.0.1:8000`, `[::1]:8000`.
  package var address: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// Whether only programs on this machine reach it.
  package var isLoopback: Bool { host.hasPrefix("127.") || host == "::1" }

  /// Bytes of requests that are being received, wait or are worked on.
  package var heldBytes: Int { get { (try? hub.loop.submit { [hub] in hub.heldBytes }.wait()) ?? 0 } }

  /// Connections at this time.
  package var connections: Int {
    get { (try? hub.loop.submit { [hub] in hub.connections.count }.wait()) ?? 0 }
  }

  /// Ends: listens no more, answers what has been asked, then closes all connections. Called once, from a thread of the caller's own.
  ///
  /// - Returns: whether everything was answered in `time`; if not, the handler may still be at work.
  @discardableResult
  package func shutDown(within time: Duration) -> Bool {
    try? listener.close().wait()
    try? hub.loop.submit { [hub] in hub.end() }.wait()
    let end = ContinuousClock.now + time
    func isDone() -> Bool {
      hub.worker.isIdle && (try? hub.loop.submit { [hub] in hub.isQuiet }.wait()) ?? true
    }
    while !isDone(), ContinuousClock.now < end { Thread.sleep(forTimeInterval: 0.01) }
    let isAnswered = isDone()
    hub.worker.stop()
    // What was written last is on its way while clients close.
    let patience = ContinuousClock.now + .milliseconds(500)
    while connections > 0, isAnswered, ContinuousClock.now < patience { Thread.sleep(forTimeInterval: 0.01) }
    deadlines.cancel()
    try? hub.loop.submit { [hub] in hub.closeAll() }.wait()
    // A handler that is still at work may yet write to its connection.
    if hub.worker.isIdle { try? group.syncShutdownGracefully() }
    return isAnswered
  }
}

extension ConnectionHub {
  /// Sets a new connection up for HTTP, and for websockets where there are some.
  func admit(_ channel: any Channel) throws {
    let pipeline = channel.pipeline.syncOperations
    guard connections.count < limits.connections, !isEnding else {
      return try pipeline.addHandler(ConnectionRefusal())
    }
    let connection = Connection(channel, hub: self)
    let http = HTTPExchange(connection)
    connection.exchange = http
    connection.expectBytes(within: limits.headerTime)
    add(connection)
    channel.closeFuture.whenComplete { _ in connection.gone() }
    var parsing = NIOHTTPDecoderLimitConfiguration()
    parsing.maxHeaderFieldSize = limits.headerBytes
    parsing.maxHeaderListSize = limits.headerBytes
    parsing.maxHeaderFieldCount = 128
    try pipeline.addHandler(BackPressureHandler())
    try pipeline.addHandler(ConnectionGuard(connection))
    try pipeline.configureHTTPServerPipeline(
      withPipeliningAssistance: true,
      withServerUpgrade: (upgraders: [handshake(connection, inPlaceOf: http)], completionHandler: { _ in }),
      withErrorHandling: false, withOutboundHeaderValidation: true, withEncoderConfiguration: .init(),
      withDecoderLimitConfiguration: parsing)
    try pipeline.addHandler(http)
  }
}
