import Foundation
import Synchronization

/// A server of HTTP on a port of this machine that answers as a test wants, well or badly; a connection serves one request.
public final class HubServer: Sendable {
  public struct Request: Sendable {
    public let path: String
    /// By lower-case name.
    public let headers: [String: String]

    /// The bytes asked for of `count`.
    public func range(of count: Int) -> Range<Int>? {
      guard let text = headers["range"], text.hasPrefix("bytes=") else { return nil }
      let ends = text.dropFirst(6).split(separator: "-").compactMap { Int($0) }
      return ends.count == 2 && ends[0] <= ends[1] ? ends[0]..<min(ends[1] + 1, count) : nil
    }
  }

  public struct Answer: Sendable {
    public var status = 200
    public var headers: [String: String] = [:]
    public var body: [UInt8] = []
    /// What the head says of the body's length; nothing where it is `nil`.
    public var length: Int?
    /// Bytes of the body after which the connection is closed.
    public var sent: Int?
    /// Between pieces of a thousand bytes.
    public var pause: UInt32 = 0

    public init(_ status: Int, _ headers: [String: String] = [:], _ body: [UInt8] = []) {
      (self.status, self.headers, self.body, length) = (status, headers, body, body.count)
    }
  }

  public let port: Int
  private let listener: Int32
  private let seen = Mutex<[Request]>([])
  private let handle: @Sendable (Request, Int) -> Answer

  /// - Parameter handle: an answer to a request, and how many came before it.
  public init(_ handle: @escaping @Sendable (Request, Int) -> Answer) {
    self.handle = handle
    #if os(Linux)
    let stream = Int32(SOCK_STREAM.rawValue)
    #else
    let stream = SOCK_STREAM
    #endif
    let listener = socket(AF_INET, stream, 0)
    self.listener = listener
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(listener, address, size) == 0 && listen(listener, 64) == 0 && getsockname(listener, address, &size) == 0
      }
    }
    precondition(bound, "no port for a test's server")
    port = Int(UInt16(bigEndian: address.sin_port))
    Thread.detachNewThread { [weak self] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        guard let self else {
          close(connection)
          return
        }
        Thread.detachNewThread { self.serve(connection) }
      }
    }
  }

  public func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  public var address: String { "http://127.0.0.1:\(port)" }
  public var requests: [Request] { seen.withLock { $0 } }

  private func serve(_ connection: Int32) {
    defer { close(connection) }
    var head: [UInt8] = []
    var byte = [UInt8](repeating: 0, count: 4096)
    while !head.contains(Array("\r\n\r\n".utf8)) {
      let count = recv(connection, &byte, byte.count, 0)
      guard count > 0 else { return }
      head += byte[..<count]
    }
    let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    let request = Request(path: String(lines[0].split(separator: " ")[1]), headers: headers)
    let before = seen.withLock { seen in
      seen.append(request)
      return seen.count - 1
    }
    let answer = handle(request, before)
    var text = "HTTP/1.1 \(answer.status) Said\r\nConnection: close\r\n"
    for (name, value) in answer.headers { text += "\(name): \(value)\r\n" }
    if let length = answer.length { text += "Content-Length: \(length)\r\n" }
    guard send(Array((text + "\r\n").utf8), to: connection) else { return }
    let body = answer.body.prefix(answer.sent ?? answer.body.count)
    if answer.pause == 0 {
      _ = send(Array(body), to: connection)
    } else {
      for start in stride(from: 0, to: body.count, by: 1000) {
        guard send(Array(body.dropFirst(start).prefix(1000)), to: connection) else { return }
        usleep(answer.pause)
      }
    }
    // What is not read would have the rest thrown away.
    shutdown(connection, Int32(SHUT_WR))
    while recv(connection, &byte, byte.count, 0) > 0 {}
  }

  private func send(_ bytes: [UInt8], to connection: Int32) -> Bool {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { systemSend(connection, $0.baseAddress! + done, $0.count - done, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return false }
      done += count
    }
    return true
  }
}

private let systemSend = Foundation.send

extension [UInt8] {
  fileprivate func contains(_ other: [UInt8]) -> Bool { firstRange(of: other) != nil }
}
