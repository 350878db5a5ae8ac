package import Files
internal import Foundation
package import Tensors

/// What a handler answers.
package struct Response: Sendable {
  package enum Body: Sendable {
    case bytes([UInt8])
    /// Written piece by piece on the worker's thread, which waits for each to be sent; thrown errors end the connection.
    case stream(@Sendable (BodyWriter) throws -> Void)
  }

  package var status: Int
  package var headers: [(name: String, value: String)]
  package var body: Body

  package init(status: Int = 200, type: String, _ body: Body, headers: [(name: String, value: String)] = []) {
    self.status = status
    self.headers = [("Content-Type", type)] + headers
    self.body = body
  }

  /// Plain text.
  package static func text(_ text: String, status: Int = 200) -> Response {
    Response(status: status, type: "text/plain; charset=utf-8", .bytes(Array(text.utf8)))
  }

  /// A JSON value, keys sorted.
  ///
  /// - Throws: `serving.handler.failed` for a number that is not finite, which JSON cannot say.
  package static func json(_ value: JSONValue, status: Int = 200) throws(VLMError) -> Response {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return Response(
        status: status, type: "application/json", .bytes(Array(try encoder.encode(value)) + [0x0A]))
    } catch {
      throw VLMError(.handlerFailed, "the answer holds a number that is not finite", cause: error)
    }
  }

  /// `{"error": {"code", "message"}}`; the message is the whole line that a terminal would show.
  package static func failure(_ error: VLMError, status: Int) -> Response {
    let text =
      "{\"error\":{\"code\":\(error.code.rawValue.jsonLiteral),\"message\":\(error.description.jsonLiteral)}}\n"
    var response = Response(status: status, type: "application/json", .bytes(Array(text.utf8)))
    if status == 503 { response.headers.append(("Retry-After", "1")) }
    return response
  }
}

/// Where a streamed body goes.
package struct BodyWriter: Sendable {
  let send: @Sendable ([UInt8]) throws -> Void

  /// Sends a piece and waits until the system has taken it.
  ///
  /// - Throws: `serving.client.gone` when the client has left, or reads too slowly.
  package func write(_ piece: [UInt8]) throws(VLMError) {
    do { try send(piece) } catch {
      throw VLMError(.clientGone, "the client has gone away", cause: error)
    }
  }
}
