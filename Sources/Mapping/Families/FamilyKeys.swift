internal import Files
internal import Tensors

/// Typed look-ups in a family file's JSON, with the errors for what is not there or not known.
struct FamilyKeys {
  let file: String

  func refuse(_ message: String, _ remedy: String? = nil) -> VLMError {
    VLMError(.familyKey, message, file: file, remedy: remedy)
  }

  /// An object with all `required` keys and none but those and `optional` ones (`nil`: any).
  func object(
    _ value: JSONValue, _ place: String, required: [String], optional: [String]?
  ) throws(VLMError) -> [String: JSONValue] {
    guard let members = value.objectValue else { throw refuse("\(place) is an object, not \(value.summary)") }
    if let optional {
      let known = required + optional
      for key in members.keys.sorted() where !known.contains(key) {
        throw refuse(
          "unknown key \"\(key)\" in \(place)",
          NearestNames.suggestion(for: key, among: known) ?? "known keys: \(known.joined(separator: ", "))")
      }
    }
    for key in required where members[key] == nil { throw refuse("\(place) has no \"\(key)\"") }
    return members
  }

  func array(_ value: JSONValue, _ place: String) throws(VLMError) -> [JSONValue] {
    guard let values = value.arrayValue else { throw refuse("\(place) is a list, not \(value.summary)") }
    return values
  }

  func string(_ value: JSONValue, _ place: String) throws(VLMError) -> String {
    guard let text = value.stringValue, !text.isEmpty else {
      throw refuse("\(place) is a text, not \(value.summary)")
    }
    return text
  }

  func boolean(_ value: JSONValue, _ place: String) throws(VLMError) -> Bool {
    guard let flag = value.boolValue else { throw refuse("\(place) is true or false, not \(value.summary)") }
    return flag
  }

  func strings(_ value: JSONValue, _ place: String) throws(VLMError) -> [String] {
    var texts: [String] = []
    for item in try array(value, place) { texts.append(try string(item, "an entry of \(place)")) }
    return texts
  }

  /// How an ignored tensor is written anew, when the rule says so.
  func anew(_ rule: [String: JSONValue], _ place: String) throws(VLMError) -> IgnoreRule.Anew? {
    if let parameter = rule["numbers"] {
      guard rule["zeros"] == nil else { throw refuse("\(place) is either numbers or zeros") }
      return .numbers(try string(parameter, "\(place).numbers"))
    }
    guard let zeros = rule["zeros"] else { return nil }
    var extents: [Extent] = []
    for value in try array(zeros, "\(place).zeros") {
      guard let extent = Extent(value), extent != .rest else {
        throw refuse("\(value.summary) in \(place).zeros is no extent")
      }
      extents.append(extent)
    }
    return .zeros(extents)
  }

  func identifier(_ value: JSONValue, _ place: String) throws(VLMError) -> String {
    let text = try string(value, place)
    guard
      text.utf8.allSatisfy({ byte in
        let scalar = Character(UnicodeScalar(byte))
        return scalar.isASCII && (scalar.isLowercase || scalar.isNumber || scalar == "_" || scalar == "-")
      })
    else { throw refuse("\(place) \"\(text)\" is not of small letters, digits, - and _") }
    return text
  }

  /// Fields of `config.json` and the values that mean a family, or a list of such objects.
  func markers(_ value: JSONValue) throws(VLMError) -> [[ConfigMarker]] {
    var alternatives: [[ConfigMarker]] = []
    for choice in value.arrayValue ?? [value] {
      let config = try object(choice, "detect.config", required: [], optional: nil)
      guard !config.isEmpty else {
        throw refuse("detect.config is empty, so it would take every checkpoint for this family")
      }
      var markers: [ConfigMarker] = []
      for (field, values) in config.sorted(by: { $0.key < $1.key }) {
        markers.append(ConfigMarker(field: field, values: try array(values, "detect.config.\(field)")))
      }
      alternatives.append(markers)
    }
    guard !alternatives.isEmpty else { throw refuse("detect.config is empty") }
    return alternatives
  }
}
