public import Foundation

/// A client of HTTP and websockets on this machine that sends what it is told, byte by byte if need be, and reads what comes.
public final class RawClient {
  private let socket: Int32
  private var received: [UInt8] = []

  public struct Failure: Error { let what: String }

  /// - Parameter receiveBuffer: bytes that the system keeps for a client that does not read.
  public init(port: Int, receiveBuffer: Int32? = nil) throws {
    #if canImport(Darwin)
      let kind = SOCK_STREAM
    #else
      let kind = Int32(SOCK_STREAM.rawValue)
    #endif
    socket = Foundation.socket(AF_INET, kind, 0)
    guard socket >= 0 else { throw Failure(what: "socket") }
    if var size = receiveBuffer { setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &size, 4) }
    var time = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else { throw Failure(what: "connect: \(errno)") }
  }

  deinit { close(socket) }

  private static let noSignal: Int32 = {
    #if canImport(Darwin)
      return 0
    #else
      return Int32(MSG_NOSIGNAL)
    #endif
  }()

  /// - Returns: `false` when the server no longer takes it.
  @discardableResult
  public func send(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Foundation.send(socket, $0.baseAddress, $0.count, Self.noSignal)
      }
      if count <= 0 { return false }
      sent += count
    }
    return true
  }

  @discardableResult
  public func send(_ text: String) -> Bool { send(Array(text.utf8)) }

  /// At least so many bytes; fewer when the connection ends.
  private func fill(_ count: Int) {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while received.count < count {
      let got = recv(socket, &buffer, buffer.count, 0)
      if got <= 0 { return }
      received += buffer[..<got]
    }
  }

  private func take(_ count: Int) throws -> [UInt8] {
    fill(count)
    guard received.count >= count else {
      throw Failure(what: "the connection ended after \(received.count) bytes")
    }
    defer { received.removeFirst(count) }
    return Array(received[..<count])
  }

  /// Whether the server ends the connection without another byte.
  public var isEnded: Bool {
    fill(1)
    return received.isEmpty
  }

  // MARK: HTTP

  public struct Answer {
    public let status: Int
    public let headers: [String: String]
    public let body: [UInt8]
    public var text: String { String(decoding: body, as: UTF8.self) }
    /// Of an error.
    public var code: String? { text.firstMatch(of: /"code":"([^"]+)"/).map { String($0.1) } }
  }

  public func head() throws -> (status: Int, headers: [String: String]) {
    var bytes: [UInt8] = []
    while !bytes.suffix(4).elementsEqual([13, 10, 13, 10]) { bytes += try take(1) }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
    guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
      throw Failure(what: "no status: \(lines)")
    }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
    }
    return (status, headers)
  }

  public func answer(hasBody: Bool = true) throws -> Answer {
    let (status, headers) = try head()
    var body: [UInt8] = []
    if !hasBody {
    } else if headers["transfer-encoding"] == "chunked" {
      while let chunk = try chunk() { body += chunk }
    } else {
      body = try take(Int(headers["content-length"] ?? "0")!)
    }
    return Answer(status: status, headers: headers, body: body)
  }

  public func chunk() throws -> [UInt8]? {
    var size: [UInt8] = []
    while !size.suffix(2).elementsEqual([13, 10]) { size += try take(1) }
    let count = Int(String(decoding: size.dropLast(2), as: UTF8.self), radix: 16)!
    let bytes = try take(count + 2).dropLast(2)
    return count == 0 ? nil : Array(bytes)
  }

  public static func post(_ path: String, _ body: [UInt8], headers: String = "") -> [UInt8] {
    Array("POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.count)\r\n\(headers)\r\n".utf8) + body
  }

  public func post(_ path: String, _ body: String, headers: String = "") throws -> Answer {
    send(Self.post(path, Array(body.utf8), headers: headers))
    return try answer()
  }

  public func get(_ path: String, headers: String = "") throws -> Answer {
    send("GET \(path) HTTP/1.1\r\nHost: x\r\n\(headers)\r\n")
    return try answer()
  }

  // MARK: Websockets

  public static let handshake =
    "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

  /// - Throws: when the handshake is not answered as RFC 6455, 1.3, has it.
  public func openSocket() throws {
    send(Self.handshake)
    let (status, headers) = try head()
    guard status == 101, headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" else {
      throw Failure(what: "handshake: \(status), \(headers)")
    }
  }

  /// - Parameter first: the byte with FIN and opcode.
  public static func frame(_ first: UInt8, _ content: [UInt8], isMasked: Bool = true) -> [UInt8] {
    var bytes = [first]
    let mask: UInt8 = isMasked ? 0x80 : 0
    switch content.count {
    case 0...125: bytes.append(mask | UInt8(content.count))
    case 126...0xFFFF:
      bytes.append(mask | 126)
      withUnsafeBytes(of: UInt16(content.count).bigEndian) { bytes += $0 }
    default:
      bytes.append(mask | 127)
      withUnsafeBytes(of: UInt64(content.count).bigEndian) { bytes += $0 }
    }
    guard isMasked else { return bytes + content }
    let key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
    return bytes + key + content.enumerated().map { $0.element ^ key[$0.offset % 4] }
  }

  public func sendFrame(_ first: UInt8, _ content: [UInt8], isMasked: Bool = true) {
    send(Self.frame(first, content, isMasked: isMasked))
  }

  public struct Frame: Equatable {
    public let first: UInt8
    public let content: [UInt8]
    public init(_ first: UInt8, _ content: [UInt8]) { (self.first, self.content) = (first, content) }
  }

  public func frame() throws -> Frame {
    let head = try take(2)
    var count = Int(head[1])
    let extended = [126: 2, 127: 8][count] ?? 0
    if extended > 0 { count = try take(extended).reduce(0) { $0 << 8 | Int($1) } }
    return Frame(head[0], try take(count))
  }

  /// The code of the closing frame that comes next; what comes before it is passed over.
  public func closingCode() throws -> Int? {
    while true {
      let frame = try frame()
      guard frame.first == 0x88 else { continue }
      let content = frame.content
      return content.count < 2 ? nil : Int(content[0]) << 8 | Int(content[1])
    }
  }
}
