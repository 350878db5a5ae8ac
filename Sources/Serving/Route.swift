import Tensors

/// What is answered at a path.
package struct Route: Sendable {
  package enum Answer: Sendable {
    /// The same each time, at once, even while the model works.
    case fixed(Response)
    /// Run on the worker's thread, one at a time.
    case handler(@Sendable (Request) throws -> Response)
    /// A websocket: messages go through a handler, each answered by one.
    case socket(SocketService)
  }

  /// `GET` (which answers `HEAD` too) or `POST`.
  package let method: String
  package let path: String
  package let answer: Answer

  package init(_ method: String, _ path: String, _ answer: Answer) {
    (self.method, self.path, self.answer) = (method, path, answer)
  }
}

/// What a server says of itself, for a log.
package enum ServerEvent: Sendable, CustomStringConvertible {
  /// A request and its answer; `seconds` from its last byte to the answer.
  case answered(method: String, path: String, status: Int, seconds: Double)
  /// A handler that failed; clients' own mistakes are none.
  case failed(path: String, String)

  package var isFailure: Bool { if case .failed = self { true } else { false } }

  /// One line for a terminal, without anything of a client's that a terminal would obey.
  package var description: String {
    switch self {
    case .answered(let method, let path, let status, let seconds):
      let milliseconds = (seconds * 10_000).rounded() / 10
      return
        "\(VLMError(.requestRefused, "\(status) in \(milliseconds) ms", file: "\(method) \(path.prefix(400))"))"
    case .failed(let path, let message):
      return "failed: \(VLMError(.handlerFailed, message, file: "\(path.prefix(400))"))"
    }
  }
}
