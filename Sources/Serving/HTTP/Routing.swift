import NIOHTTP1
import Tensors

extension ConnectionHub {
  /// Where a request goes, or what it is refused with.
  func route(_ head: HTTPRequestHead) -> (Route?, Response?) {
    func refuse(_ status: Int, _ message: String, remedy: String? = nil) -> (Route?, Response?) {
      (nil, .failure(VLMError(.requestRefused, message, remedy: remedy), status: status))
    }
    if isEnding { return (nil, .failure(VLMError(.serverBusy, "the server ends"), status: 503)) }
    if let defect = Self.foreignOrigin(head.headers) { return refuse(403, defect) }
    let path = head.uri.prefix { $0 != "?" }
    let here = routes.filter { $0.path == path }
    guard !here.isEmpty else {
      return refuse(404, "there is nothing at \(path)", remedy: "there is \(places)")
    }
    let method = head.method == .HEAD ? "GET" : head.method.rawValue
    guard let route = here.first(where: { $0.method == method }) else {
      let methods = Set(here.map(\.method)).sorted()
      var response = Response.failure(
        VLMError(
          .requestRefused, "\(path) takes \(methods.joined(separator: " and ")), not \(head.method.rawValue)"),
        status: 405)
      response.headers.append(
        ("Allow", (methods + (methods.contains("GET") ? ["HEAD"] : [])).joined(separator: ", ")))
      return (nil, response)
    }
    guard case .socket = route.answer else { return (route, nil) }
    // A handshake in order never comes here.
    if head.headers.contains(name: "upgrade") {
      return refuse(400, "the handshake of the websocket is malformed", remedy: "see RFC 6455, version 13")
    }
    var (_, response) = refuse(426, "here a websocket is spoken")
    response?.headers.append(("Upgrade", "websocket"))
    return (nil, response)
  }

  /// `GET /healthz, POST /act`.
  private var places: String { routes.map { "\($0.method) \($0.path)" }.joined(separator: ", ") }

  /// Pages of other places that a browser shows are not to use a server on its machine.
  static func foreignOrigin(_ headers: HTTPHeaders) -> String? {
    guard let origin = headers.first(name: "origin") else { return nil }
    guard let host = headers.first(name: "host"), origin.lowercased() == "http://\(host.lowercased())" else {
      return "pages of \(origin) may not use this server"
    }
    return nil
  }

  /// What a handler makes of a request; called on the worker's thread.
  func response(to request: Request, by handler: (Request) throws -> Response) -> Response {
    do {
      return try handler(request)
    } catch let rejection as Rejection {
      return .failure(rejection.error, status: rejection.status, code: rejection.code)
    } catch let error as VLMError where error.code == .clientGone {
      // Nobody is there to be answered, and nothing has failed.
      return .failure(error, status: 500)
    } catch {
      log(.failed(path: request.path, "\(error)"))
      return .failure(error as? VLMError ?? VLMError(.handlerFailed, "\(error)"), status: 500)
    }
  }
}
