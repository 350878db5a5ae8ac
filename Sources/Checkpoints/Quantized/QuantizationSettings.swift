internal import Files
internal import Tensors

/// An object of `quantization_config`, each of whose members is known or refused.
struct QuantizationSettings {
  /// `quant_method`; of an object within, that of the whole.
  let method: String
  /// `quantization_config.config_groups.group_0`
  let path: String
  let members: [String: JSONValue]
  let file: String

  static let remedy =
    "give the float checkpoint that it was made from, or save it again as bf16 with the library that wrote it"

  init(_ value: JSONValue, file: String) throws(VLMError) {
    path = "quantization_config"
    self.file = file
    guard var members = value.objectValue else {
      throw VLMError(.quantizedMalformed, "\(path) is no object", file: file, remedy: "get config.json again")
    }
    // What compression_config was before it was quantization_config.
    if members["config_groups"] == nil, let inner = members["quantization_config"]?.objectValue {
      members["quantization_config"] = nil
      members.merge(inner) { outer, _ in outer }
    }
    self.members = members
    method =
      members["quant_method"]?.stringValue
      ?? (members["config_groups"] != nil
        ? CompressedTensorsMethod.id : members["group_size"] != nil ? MLXMethod.id : "an unnamed method")
  }

  private init(_ outer: QuantizationSettings, _ key: String, _ members: [String: JSONValue]) {
    (method, path, file) = (outer.method, "\(outer.path).\(key)", outer.file)
    self.members = members
  }

  func unsupported(_ message: String) -> VLMError {
    VLMError(.quantizedUnsupported, message, file: file, remedy: Self.remedy)
  }

  func malformed(_ message: String) -> VLMError {
    VLMError(.quantizedMalformed, message, file: file, remedy: "get config.json again")
  }

  /// - Parameters:
  ///   - read: keys that are asked for.
  ///   - meaningless: keys that change nothing in what weights are.
  /// - Throws: the first member that is neither, unless it is empty.
  func requireKnown(_ read: Set<String>, meaningless: Set<String>) throws(VLMError) {
    for (key, value) in members.sorted(by: { $0.key < $1.key })
    where !read.contains(key) && !meaningless.contains(key) {
      guard Self.isEmpty(value) else {
        throw unsupported("\(path) sets \(key) to \(value.summary), which is not known here")
      }
    }
  }

  static func isEmpty(_ value: JSONValue?) -> Bool {
    switch value {
    case nil, .null, .bool(false): true
    case .array(let values): values.isEmpty
    case .object(let members): members.isEmpty
    default: false
    }
  }

  /// A number of columns; `nil` for -1, which stands for all of them.
  func groupSize(_ keys: String...) throws(VLMError) -> Int? {
    guard let key = keys.first(where: { value($0) != nil }) else { return 128 }
    return value(key)?.intValue == -1 ? nil : try count(key)
  }

  /// - Throws: when it is there and no whole number from 1 to `limit`.
  func count(_ key: String, atMost limit: Int = 1 << 30) throws(VLMError) -> Int? {
    guard let value = value(key) else { return nil }
    guard let count = value.intValue, (1...limit).contains(count) else {
      throw malformed("\(path).\(key) is \(value.summary)")
    }
    return count
  }

  func flag(_ key: String) throws(VLMError) -> Bool? {
    guard let value = value(key) else { return nil }
    guard let flag = value.boolValue else { throw malformed("\(path).\(key) is \(value.summary)") }
    return flag
  }

  /// The first that is there of several keys, in small letters.
  func word(_ keys: String...) throws(VLMError) -> String? {
    guard let key = keys.first(where: { value($0) != nil }), let value = value(key) else { return nil }
    guard let word = value.stringValue else { throw malformed("\(path).\(key) is \(value.summary)") }
    return word.lowercased()
  }

  func words(_ key: String) throws(VLMError) -> [String]? {
    guard let value = value(key) else { return nil }
    guard let values = value.arrayValue else { throw malformed("\(path).\(key) is \(value.summary)") }
    var words: [String] = []
    for value in values {
      guard let word = value.stringValue else { throw malformed("\(path).\(key) has \(value.summary)") }
      words.append(word)
    }
    return words
  }

  /// Two whole numbers, positive.
  func pair(_ key: String) throws(VLMError) -> (Int, Int)? {
    guard let value = value(key) else { return nil }
    let numbers = value.arrayValue?.compactMap(\.intValue) ?? []
    guard numbers.count == 2, numbers.allSatisfy({ (1...1 << 30).contains($0) }) else {
      throw malformed("\(path).\(key) is \(value.summary)")
    }
    return (numbers[0], numbers[1])
  }

  func object(_ key: String) throws(VLMError) -> QuantizationSettings? {
    guard let value = value(key) else { return nil }
    guard let members = value.objectValue else { throw malformed("\(path).\(key) is \(value.summary)") }
    return QuantizationSettings(self, key, members)
  }

  private func value(_ key: String) -> JSONValue? { members[key].flatMap { $0 == .null ? nil : $0 } }
}
