import Foundation
import NIOCore
import NIOHTTP1
import Synchronization
import Tensors

extension HTTPExchange {
  /// Writes an answer, and ends the connection after it where the client or an error asks for that.
  func answer(_ response: Response, closing: Bool = false) {
    guard phase != .over else { return }
    guard case .bytes(let bytes) = response.body else {
      preconditionFailure("streams are written as they come")
    }
    releaseClaim()
    let isLast = closing || closesAfterwards
    var part = responseHead(response, isLast: isLast)
    part.headers.add(name: "Content-Length", value: "\(bytes.count)")
    let isHead = head?.method == .HEAD
    log(response.status)
    finish(isLast: isLast) { channel in
      channel.write(HTTPServerResponsePart.head(part), promise: nil)
      if !isHead {
        channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: bytes))), promise: nil)
      }
    }
  }

  /// Refuses a request that has not come whole, and ends the connection.
  ///
  /// Before a request's header fields are known, the handlers that order requests and answers take no answer: it passes them by.
  func refuseEarly(_ response: Response) {
    guard phase != .over else { return }
    guard head == nil else { return answer(response, closing: true) }
    guard case .bytes(let bytes) = response.body else { preconditionFailure("a refusal is short") }
    phase = .over
    let part = responseHead(response, isLast: true)
    var text =
      "HTTP/1.1 \(part.status.code) \(part.status.reasonPhrase)\r\nContent-Length: \(bytes.count)\r\n"
    for (name, value) in part.headers { text += "\(name): \(value)\r\n" }
    let promise = connection.write()
    connection.drain(after: promise.futureResult)
    connection.writeRaw(ByteBuffer(string: text + "\r\n" + String(decoding: bytes, as: UTF8.self)), promise)
  }

  /// Writes what `write` writes and the end of the answer.
  private func finish(isLast: Bool, _ write: (any Channel) -> Void) {
    // The next request may come while the end of this answer is written.
    phase = isLast ? .over : .idle
    head = nil
    connection.expectBytes(within: hub.limits.keepAlive)
    let promise = connection.write()
    write(connection.channel)
    if isLast { connection.drain(after: promise.futureResult) }
    connection.channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: promise)
  }

  /// A time in seconds since 1970 as HTTP writes it (RFC 9110, 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
  static func date(_ seconds: time_t) -> String {
    var (seconds, parts) = (seconds, tm())
    gmtime_r(&seconds, &parts)
    let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    func two(_ number: Int32) -> String { (number < 10 ? "0" : "") + String(number) }
    let time = [parts.tm_hour, parts.tm_min, parts.tm_sec].map(two).joined(separator: ":")
    let day = "\(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(Int(parts.tm_year) + 1900)"
    return "\(days[Int(parts.tm_wday)]), \(day) \(time) GMT"
  }

  private func responseHead(_ response: Response, isLast: Bool) -> HTTPResponseHead {
    var part = HTTPResponseHead(
      version: head?.version ?? .http1_1, status: HTTPResponseStatus(statusCode: response.status))
    part.headers.add(name: "Date", value: Self.date(time(nil)))
    for (name, value) in response.headers { part.headers.add(name: name, value: value) }
    if isLast { part.headers.add(name: "Connection", value: "close") }
    return part
  }

  /// HTTP/1.0 ends with each answer; after a request for another protocol, nothing is read any more.
  private var closesAfterwards: Bool {
    guard let head else { return true }
    return hub.isEnding || !head.isKeepAlive || head.version != .http1_1
      || head.headers.contains(name: "upgrade")
  }

  private func log(_ status: Int) {
    guard let head else { return }
    let seconds = Double((NIODeadline.now() - began).nanoseconds) / 1e9
    hub.log(.answered(method: head.method.rawValue, path: head.uri, status: status, seconds: seconds))
  }

  // MARK: Streams

  /// Runs on the worker's thread, and waits there for each piece to be sent; the first brings the answer's head.
  ///
  /// - Returns: how it ended, and whether any of it was sent.
  func stream(
    _ response: Response, _ produce: (BodyWriter) throws -> Void
  ) -> (result: Result<Void, any Error>, hasBegun: Bool) {
    let loop = hub.loop
    let hasBegun = Atomic(false)
    @Sendable func perform(_ step: @escaping @Sendable (EventLoopPromise<Void>) -> Void) throws {
      let promise = loop.makePromise(of: Void.self)
      loop.execute { step(promise) }
      try promise.futureResult.wait()
    }
    @Sendable func begin() throws {
      if hasBegun.exchange(true, ordering: .relaxed) { return }
      try perform { self.beginStream(response, $0) }
    }
    let result = Result {
      try produce(
        BodyWriter { bytes in
          if bytes.isEmpty { return }
          try begin()
          try perform { self.writePiece(bytes, $0) }
        })
      try begin()
    }
    return (result, hasBegun.load(ordering: .relaxed))
  }

  private func beginStream(_ response: Response, _ promise: EventLoopPromise<Void>) {
    guard phase == .working else { return promise.fail(VLMError(.clientGone, "the client has gone away")) }
    log(response.status)
    send(.head(responseHead(response, isLast: closesAfterwards)), promise)
  }

  private func writePiece(_ bytes: [UInt8], _ promise: EventLoopPromise<Void>) {
    guard phase == .working else { return promise.fail(VLMError(.clientGone, "the client has gone away")) }
    if head?.method == .HEAD { return promise.succeed() }
    send(.body(.byteBuffer(ByteBuffer(bytes: bytes))), promise)
  }

  private func send(_ part: HTTPServerResponsePart, _ promise: EventLoopPromise<Void>) {
    let timed = connection.write()
    timed.futureResult.cascade(to: promise)
    connection.channel.writeAndFlush(part, promise: timed)
  }

  func streamed(_ result: Result<Void, any Error>) {
    releaseClaim()
    guard phase == .working else { return }
    if case .failure(let error) = result {
      // The answer has begun, so that it is cut short is all that can still be said.
      hub.log(.failed(path: head?.uri ?? "", "\(error)"))
      phase = .over
      return connection.channel.close(promise: nil)
    }
    finish(isLast: closesAfterwards) { _ in }
  }

  // MARK: Refusals

  func busy() -> Response {
    .failure(
      VLMError(
        .serverBusy, "there are more requests than the server takes at a time", remedy: "try again later"),
      status: 503)
  }

  func tooLarge() -> Response {
    .failure(
      VLMError(.requestTooLarge, "the body is longer than \(hub.limits.bodyBytes) bytes"), status: 413)
  }

  func headersTooLarge() -> Response {
    .failure(
      VLMError(.requestTooLarge, "the header fields are longer than \(hub.limits.headerBytes) bytes"),
      status: 431)
  }

  func malformed(_ error: HTTPParserError) -> Response {
    switch error {
    case .headerOverflow: headersTooLarge()
    case .invalidVersion:
      .failure(VLMError(.requestMalformed, "only HTTP/1.0 and HTTP/1.1 are spoken here"), status: 505)
    default: .failure(VLMError(.requestMalformed, "the request is not HTTP/1.1: \(error)"), status: 400)
    }
  }
}
