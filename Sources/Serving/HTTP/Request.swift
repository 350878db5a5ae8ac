package import Tensors

/// A request as a handler gets it.
package struct Request: Sendable {
  package let method: String
  /// Without the query.
  package let path: String
  /// Behind the question mark, as it was sent.
  package let query: String?
  /// In the order in which they came; `header(_:)` looks one up.
  package let headers: [(name: String, value: String)]
  package let body: [UInt8]
  /// Whether the client has left, so that nobody waits for an answer; asked by what takes long.
  package let isAbandoned: @Sendable () -> Bool

  /// The first header field of a name, whatever its case.
  package func header(_ name: String) -> String? {
    headers.first { $0.name.lowercased() == name.lowercased() }?.value
  }
}

/// Thrown by a handler for what the client did wrong: the error with the status that says so. Other errors are answered as 500.
package struct Rejection: Error {
  package let status: Int
  package let error: VLMError
  /// What clients know the error by, where it has a name of its own among them.
  package let code: String?

  package init(_ error: VLMError, status: Int = 400, code: String? = nil) {
    (self.status, self.error, self.code) = (status, error, code)
  }
}
