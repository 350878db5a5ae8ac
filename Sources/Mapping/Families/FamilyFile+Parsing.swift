package import Foundation
package import Tensors

extension FamilyFile {
  /// Reads and checks a family file.
  ///
  /// - Parameter file: what messages call it.
  /// - Throws: `VLMError` for bad JSON5, an unknown key, a bad pattern or transform, a rule that cannot be
  ///   undone, and rules that claim the same tensor or fill the same parameter.
  package init(parsing data: Data, file: String) throws(VLMError) {
    let root = try JSONValue(parsing: data, file: file, code: .familySyntax)
    let keys = FamilyKeys(file: file)
    let top = try keys.object(
      root, "the file", required: ["family", "dialect", "title", "detect", "rename"],
      optional: ["configuration", "configurationOf", "convert", "ignore"])
    self.file = file
    family = try keys.identifier(top["family"]!, "family")
    dialect = try keys.identifier(top["dialect"]!, "dialect")
    title = try keys.string(top["title"]!, "title")

    let detect = try keys.object(top["detect"]!, "detect", required: ["config", "tensors"], optional: [])
    let config = try keys.object(detect["config"]!, "detect.config", required: [], optional: nil)
    guard !config.isEmpty else {
      throw VLMError(
        .familyKey, "detect.config is empty, so it would take every checkpoint for this family", file: file)
    }
    var configMarkers: [(field: String, values: [JSONValue])] = []
    for (field, values) in config.sorted(by: { $0.key < $1.key }) {
      configMarkers.append((field, try keys.array(values, "detect.config.\(field)")))
    }
    self.configMarkers = configMarkers
    tensorMarkers = try keys.strings(detect["tensors"]!, "detect.tensors")

    guard (top["configuration"] == nil) != (top["configurationOf"] == nil) else {
      throw VLMError(.familyKey, "exactly one of configuration and configurationOf must be there", file: file)
    }
    configurationOf = try top["configurationOf"].map { value throws(VLMError) in
      try keys.string(value, "configurationOf")
    }
    sections = try top["configuration"].map { value throws(VLMError) in try keys.sections(value) } ?? []

    var parser = RuleParser(file: file)
    for (index, pair) in try keys.array(top["rename"]!, "rename").enumerated() {
      let names = try keys.strings(pair, "rename[\(index)]")
      guard names.count == 2 else {
        throw VLMError(
          .familyKey, "rename[\(index)] is a pair of source and parameter, not \(names.count) names",
          file: file)
      }
      try parser.add(names[0], names[1], [])
    }
    for (index, value) in try keys.array(top["convert"] ?? .array([]), "convert").enumerated() {
      let rule = try keys.object(value, "convert[\(index)]", required: ["from", "to", "by"], optional: [])
      let from = try keys.string(rule["from"]!, "convert[\(index)].from")
      var transforms: [Transform] = []
      for step in try keys.array(rule["by"]!, "convert[\(index)].by") {
        transforms.append(try keys.transform(step, "\"\(from)\""))
      }
      guard !transforms.isEmpty else {
        throw VLMError(
          .familyTransform, "\"\(from)\" is converted by nothing", file: file, remedy: "move it to rename")
      }
      try parser.add(from, try keys.string(rule["to"]!, "convert[\(index)].to"), transforms)
    }
    for (index, value) in try keys.array(top["ignore"] ?? .array([]), "ignore").enumerated() {
      let rule = try keys.object(
        value, "ignore[\(index)]", required: ["tensors", "because"], optional: ["numbers"])
      try parser.ignore(
        try keys.string(rule["tensors"]!, "ignore[\(index)].tensors"),
        because: try keys.string(rule["because"]!, "ignore[\(index)].because"),
        numbers: try rule["numbers"].map { value throws(VLMError) in
          try keys.string(value, "ignore[\(index)].numbers")
        })
    }
    try parser.checkOverlaps()
    rules = parser.rules
    ignores = parser.ignores
    listing = parser.listing
    bySource = parser.keys(\.sources)
    byParameter = parser.keys(\.parameters)
    byIgnored = parser.ignores.enumerated().reduce(into: [:]) { keys, ignore in
      for form in ignore.element.template.forms { keys[form.key, default: []].append(ignore.offset) }
    }
  }

  /// Reads and checks a family file on disk, for `--family-file`.
  package init(path: String) throws(VLMError) {
    let data: Data
    do {
      data = try Data(contentsOf: URL(filePath: path))
    } catch {
      throw VLMError(.familySyntax, "cannot be read", file: path, cause: error)
    }
    try self.init(parsing: data, file: path)
  }
}

/// Typed look-ups in a family file's JSON, with the errors for what is not there or not known.
struct FamilyKeys {
  let file: String

  private func refuse(_ message: String, _ remedy: String? = nil) -> VLMError {
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
          NearestName.suggestion(for: key, among: known) ?? "known keys: \(known.joined(separator: ", "))")
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

  func strings(_ value: JSONValue, _ place: String) throws(VLMError) -> [String] {
    var texts: [String] = []
    for item in try array(value, place) { texts.append(try string(item, "an entry of \(place)")) }
    return texts
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

  func sections(_ value: JSONValue) throws(VLMError) -> [ConfigurationSection] {
    let names = ["vision", "projector", "language", "contrastive"]
    let members = try object(value, "configuration", required: [], optional: names)
    var sections: [ConfigurationSection] = []
    for name in names {
      guard let member = members[name] else { continue }
      let fields = try object(member, "configuration.\(name)", required: [], optional: nil)
      var values: [(name: String, value: ConfigurationExpression)] = []
      for (field, value) in fields.sorted(by: { $0.key < $1.key }) where field != "at" && field != "when" {
        values.append((field, try ConfigurationExpression(value, file: file, field: "\(name).\(field)")))
      }
      try checkFields(values.map(\.name), of: name)
      sections.append(
        ConfigurationSection(
          name: name,
          condition: try fields["when"].map { value throws(VLMError) in
            try ConfigurationExpression(value, file: file, field: "\(name).when")
          },
          scopes: try fields["at"].map { value throws(VLMError) in
            try array(value, "configuration.\(name).at").map { $0.stringValue ?? "" }
          } ?? [""],
          fields: values))
    }
    return sections
  }

  /// Refuses fields that `ModelConfiguration` does not have; a misspelt optional one would go unnoticed else.
  private func checkFields(_ names: [String], of section: String) throws(VLMError) {
    let known = ModelConfiguration.fieldNames(of: section)
    for name in names where !known.contains(name) {
      throw refuse(
        "configuration.\(section) has no field \"\(name)\"",
        NearestName.suggestion(for: name, among: known) ?? "known fields: \(known.joined(separator: ", "))")
    }
  }
}
