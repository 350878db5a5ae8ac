package import Files
package import Tensors

/// A JSON value that knows its file and where in it it stands (`pre_tokenizer.pretokenizers[0].pattern`).
///
/// What errors of the settings name. Vocabularies and merges do not go through here: they are read in one pass.
package struct JSONNode: Sendable {
  package let value: JSONValue
  package let file: String
  package let path: String

  package init(_ value: JSONValue, file: String, path: String = "") {
    self.value = value
    self.file = file
    self.path = path
  }

  /// Reads a whole file of at most `byteLimit` bytes.
  ///
  /// - Throws: `file.*` and `json.*` of Files.
  package init(reading path: String, byteLimit: Int = 64 << 20) throws(VLMError) {
    self.init(
      try JSONScanner.scan(fileAt: path, byteLimit: byteLimit) { (scanner) throws(VLMError) in try JSONValue(&scanner) },
      file: path)
  }

  /// Reads a small file of a model; `nil` where its folder has none.
  package init?(_ name: String, in folder: ModelFolder) throws(VLMError) {
    guard let value = try folder.scan(name, { (scanner) throws(VLMError) in try JSONValue(&scanner) }) else { return nil }
    self.init(value, file: folder.source(of: name) ?? folder.path)
  }

  /// What is wrong here, named with file and path.
  package func failure(_ message: String, code: VLMError.Code = .tokenizerField, remedy: String? = nil)
    -> VLMError
  {
    VLMError(code, path.isEmpty ? message : "\(path): \(message)", file: file, remedy: remedy)
  }

  /// The member, `nil` where it is missing or null.
  package subscript(key: String) -> JSONNode? {
    value[key].map { JSONNode($0, file: file, path: path.isEmpty ? key : "\(path).\(key)") }
  }

  /// The member, which must be there.
  package func required(_ key: String) throws(VLMError) -> JSONNode {
    guard let node = self[key] else { throw failure("'\(key)' is missing") }
    return node
  }

  package var elements: [JSONNode]? {
    value.arrayValue?.enumerated().map { JSONNode($1, file: file, path: "\(path)[\($0)]") }
  }

  package func array() throws(VLMError) -> [JSONNode] {
    guard let elements else { throw failure("should be an array") }
    return elements
  }

  package var stringValue: String? { value.stringValue }
  package var boolValue: Bool? { value.boolValue }
  package var intValue: Int? { value.intValue }

  package func string() throws(VLMError) -> String {
    guard let text = stringValue else { throw failure("should be a string") }
    return text
  }

  package func integer() throws(VLMError) -> Int {
    guard let number = intValue else { throw failure("should be a whole number") }
    return number
  }

  /// The single character that the text should be.
  package func scalar() throws(VLMError) -> UnicodeScalar {
    let text = try string()
    guard let first = text.unicodeScalars.first, text.unicodeScalars.count == 1 else {
      throw failure("should be a single character")
    }
    return first
  }

  package func string(_ key: String, default fallback: String) throws(VLMError) -> String {
    try self[key]?.string() ?? fallback
  }

  package func bool(_ key: String, default fallback: Bool) throws(VLMError) -> Bool {
    guard let node = self[key] else { return fallback }
    guard let flag = node.boolValue else { throw node.failure("should be true or false") }
    return flag
  }
}
