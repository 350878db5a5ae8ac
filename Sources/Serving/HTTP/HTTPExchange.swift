import NIOCore
import NIOHTTP1
import NIOWebSocket
import Synchronization
import Tensors

/// Requests and answers of HTTP/1 over one connection, one at a time.
///
/// The handlers before it bring requests one after another: the next comes when the answer to the one before is written.
final class HTTPExchange: ChannelInboundHandler, RemovableChannelHandler, Exchange {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  enum Phase {
    /// Between requests.
    case idle
    /// The beginning of a request has come.
    case header
    case body
    case working
    /// The last answer has been written.
    case over
  }

  let connection: Connection
  var hub: ConnectionHub { connection.hub }
  var phase = Phase.idle
  var head: HTTPRequestHead?
  private var route: Route?
  /// What a request will be answered with whatever its body is.
  private var refusal: Response?
  private var body = ByteBuffer()
  private var ticket: Worker.Ticket?
  private var claimed = 0
  private let isAbandoned = Atomic(false)
  /// When the request had come.
  var began = NIODeadline.now()

  init(_ connection: Connection) { self.connection = connection }

  // MARK: Requests

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if phase == .over { return }
    switch unwrapInboundIn(data) {
    case .head(let head): receive(head)
    case .body(var bytes): receive(&bytes)
    case .end: receiveEnd()
    }
  }

  private func receive(_ head: HTTPRequestHead) {
    self.head = head
    body = ByteBuffer()
    phase = .body
    connection.expectBytes(within: hub.limits.bodyTime)
    (route, refusal) = hub.route(head)
    let length = head.headers.first(name: "content-length").flatMap { Int($0) }
    let expectsBody = length ?? 0 > 0 || head.headers.contains(name: "transfer-encoding")
    if let length, length > hub.limits.bodyBytes { refusal = tooLarge() }
    if let refusal, expectsBody {
      answer(refusal, closing: true)
    } else if expectsBody,
      head.headers[canonicalForm: "expect"].contains(where: { $0.lowercased() == "100-continue" })
    {
      let promise = connection.write()
      connection.channel.writeAndFlush(
        HTTPServerResponsePart.head(HTTPResponseHead(version: head.version, status: .continue)),
        promise: promise)
    }
  }

  private func receive(_ bytes: inout ByteBuffer) {
    guard phase == .body, refusal == nil else { return }
    guard body.readableBytes + bytes.readableBytes <= hub.limits.bodyBytes else {
      return answer(tooLarge(), closing: true)
    }
    body.writeBuffer(&bytes)
  }

  private func receiveEnd() {
    guard phase == .body, let head else { return }
    phase = .working
    connection.expectBytes(within: nil)
    began = .now()
    claimed = connection.claim()
    if let refusal { return answer(refusal) }
    switch route?.answer {
    case .fixed(let response): answer(response)
    case .handler(let handler): work(head, handler)
    case .socket, nil: preconditionFailure("a request without a route is refused")
    }
  }

  /// Queues the request for the worker's thread.
  private func work(_ head: HTTPRequestHead, _ handler: @escaping @Sendable (Request) throws -> Response) {
    let (uri, content) = (
      head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false), body
    )
    body = ByteBuffer()
    let headers = head.headers.map { (name: $0.name, value: $0.value) }
    let method = head.method.rawValue
    ticket = hub.worker.submit { [self, loop = hub.loop] in
      let request = Request(
        method: method, path: String(uri[0]), query: uri.count > 1 ? String(uri[1]) : nil, headers: headers,
        body: Array(content.readableBytesView),
        isAbandoned: { self.isAbandoned.load(ordering: .relaxed) })
      let response = hub.response(to: request, by: handler)
      guard case .stream(let produce) = response.body else {
        return loop.execute { self.worked(response) }
      }
      let (result, hasBegun) = stream(response, produce)
      guard case .failure(let error) = result, !hasBegun else {
        return loop.execute { self.streamed(result) }
      }
      let refusal = hub.response(to: request) { _ in throw error }
      loop.execute { self.worked(refusal) }
    }
    if ticket == nil { answer(busy()) }
  }

  private func worked(_ response: Response) {
    ticket = nil
    if phase == .working { answer(response) } else { releaseClaim() }
  }

  func releaseClaim() {
    hub.release(claimed)
    claimed = 0
    ticket = nil
  }

  // MARK: Exchange

  func received() {
    guard phase == .idle else { return }
    phase = .header
    connection.expectBytes(within: hub.limits.headerTime)
  }

  func parsed() {
    let limits = hub.limits
    switch phase {
    case .header where connection.held > limits.headerBytes: refuseEarly(headersTooLarge())
    // What chunks of a body are wrapped in is not kept, but it takes time to read.
    case .body where connection.held > 2 * limits.bodyBytes + limits.headerBytes:
      answer(tooLarge(), closing: true)
    default: break
    }
  }

  func ranLate() {
    switch phase {
    case .idle:
      phase = .over
      connection.channel.close(promise: nil)
    case .header, .body:
      refuseEarly(.failure(VLMError(.requestTimeout, "the request was not sent in time"), status: 408))
    case .working, .over: break
    }
  }

  func foundNoRoom() {
    // An answer may be under way to a request before this.
    if phase == .working || phase == .over { return connection.channel.close(promise: nil) }
    refuseEarly(busy())
  }

  func end() {
    switch phase {
    case .idle:
      phase = .over
      connection.channel.close(promise: nil)
    case .header, .body:
      refuseEarly(.failure(VLMError(.serverBusy, "the server ends"), status: 503))
    case .working, .over: break
    }
  }

  func gone() {
    phase = .over
    isAbandoned.store(true, ordering: .relaxed)
    if let ticket, hub.worker.withdraw(ticket) { releaseClaim() }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    switch error {
    case is NIOWebSocketUpgradeError: break
    case let error as HTTPParserError where phase != .working:
      if phase == .over { return }
      answer(malformed(error), closing: true)
    default: context.close(promise: nil)
    }
  }
}

// Its state is touched on the channel's event loop only.
extension HTTPExchange: @unchecked Sendable {}
