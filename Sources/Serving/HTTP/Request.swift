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

  /// The first header field of a name, whatever its case.
  package func header(_ name: String) -> String? {
    headers.first { $0.name.lowercased() == name.lowercased() }?.value
  }
}

/// Thrown by a handler for what the client did wrong: the error with the status that says so. Other errors are answered as 500.
package struct Rejection: Error {
  package let status: Int
  package let error: VLMError

  package init(_ error: VLMError, status: Int = 400) { (self.status, self.error) = (status, error) }
}
