package import Files
internal import Foundation
package import Tensors

/// What a handler answers.
package struct Response: Sendable {
  package enum Body: Sendable {
    case bytes([UInt8])
    /// Written piece by piece on the worker's thread, which waits for each to be sent. The answer begins with the first piece: an error
    /// before it is answered as any handler's, one after it ends the connection.
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
    Response(status: status, type: "application/json", .bytes(try value.bytes() + [0x0A]))
  }

  /// `{"error": {"code", "message", "param", "type"}}`, as clients of OpenAI's read it; the message is the whole line that a terminal
  /// would show, `param` what in the request it is about, or null.
  ///
  /// - Parameter code: a name that such clients know it by, in place of the error's own.
  package static func failure(_ error: VLMError, status: Int, code: String? = nil) -> Response {
    let text = "{\"error\":\(error.members(status: status, code: code))}\n"
    var response = Response(status: status, type: "application/json", .bytes(Array(text.utf8)))
    if status == 503 { response.headers.append(("Retry-After", "1")) }
    return response
  }
}

extension VLMError {
  /// The object that clients are told of an error.
  func members(status: Int, code: String? = nil) -> String {
    let type = status < 500 ? "invalid_request_error" : "server_error"
    return "{\"code\":\((code ?? self.code.rawValue).jsonLiteral),\"message\":\(description.jsonLiteral),"
      + "\"param\":\(tensor?.jsonLiteral ?? "null"),\"type\":\"\(type)\"}"
  }
}

extension JSONValue {
  /// As JSON on one line, keys sorted.
  ///
  /// - Throws: `serving.handler.failed` for a number that is not finite.
  func bytes() throws(VLMError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do { return Array(try encoder.encode(self)) } catch {
      throw VLMError(.handlerFailed, "the answer holds a number that is not finite", cause: error)
    }
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
