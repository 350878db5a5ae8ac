import Foundation
import TestSupport
import Testing

@testable import Serving

extension RawClient {
  convenience init(_ server: Server, receiveBuffer: Int32? = nil) throws {
    try self.init(port: server.port, receiveBuffer: receiveBuffer)
  }
}

extension Server {
  /// A server on a port of its own, ended after `body`.
  static func run(
    _ routes: [Route], limits: ServerLimits = ServerLimits(), _ body: (Server) throws -> Void
  ) throws {
    let server = try Server.start(routes, host: "127.0.0.1", port: 0, limits: limits)
    defer { server.shutDown(within: .seconds(5)) }
    try body(server)
  }
}

/// Waits for what happens elsewhere; fails after ten seconds.
func eventually(_ what: String, _ isSo: () -> Bool) {
  for _ in 0..<1000 {
    if isSo() { return }
    Thread.sleep(forTimeInterval: 0.01)
  }
  Issue.record("not within ten seconds: \(what)")
}
