internal import Files
internal import Tensors

extension FamilyKeys {
  /// The sections of a configuration with their fields as expressions, in the order in which they are resolved.
  func sections(_ unresolved: UnresolvedFamily) throws(VLMError) -> [ConfigurationSection] {
    var sections: [ConfigurationSection] = []
    for name in ModelConfiguration.sectionNames {
      guard let section = unresolved.sections[name] else { continue }
      let known = ModelConfiguration.fieldNames(of: name)
      var fields: [(name: String, value: ConfigurationExpression)] = []
      for (field, (value, file)) in section.fields.sorted(by: { $0.key < $1.key }) {
        guard known.contains(field) else {
          // A misspelt optional field would go unnoticed else.
          throw FamilyKeys(file: file).refuse(
            "configuration.\(name) has no field \"\(field)\"",
            NearestNames.suggestion(for: field, among: known)
              ?? "known fields: \(known.joined(separator: ", "))")
        }
        fields.append((field, try ConfigurationExpression(value, file: file, field: "\(name).\(field)")))
      }
      sections.append(try FamilyKeys(file: section.file).section(name, section.settings, fields))
    }
    return sections
  }

  /// A list of conditions, and what is said where one holds.
  func reasons(
    _ value: JSONValue?, _ place: String, field: String
  ) throws(VLMError) -> [(condition: ConfigurationExpression, reason: String)] {
    var reasons: [(condition: ConfigurationExpression, reason: String)] = []
    for (index, value) in try array(value ?? .array([]), place).enumerated() {
      let place = "\(place)[\(index)]"
      let members = try object(value, place, required: ["when", "because"], optional: [])
      reasons.append(
        (
          try ConfigurationExpression(members["when"]!, file: file, field: field),
          try string(members["because"]!, "\(place).because")
        ))
    }
    return reasons
  }

  private func section(
    _ name: String, _ settings: [String: JSONValue],
    _ fields: [(name: String, value: ConfigurationExpression)]
  ) throws(VLMError) -> ConfigurationSection {
    func expression(_ setting: String) throws(VLMError) -> ConfigurationExpression? {
      guard let value = settings[setting] else { return nil }
      return try ConfigurationExpression(value, file: file, field: "\(name).\(setting)")
    }
    var scopes = [""]
    if let value = settings["at"] {
      scopes = try array(value, "configuration.\(name).at").map { $0.stringValue ?? "" }
    }
    var defaults: [String: [String: JSONValue]] = [:]
    if let value = settings["defaults"] {
      let place = "configuration.\(name).defaults"
      for (type, row) in try object(value, place, required: [], optional: nil) {
        defaults[type] = try object(row, "\(place).\(type)", required: [], optional: nil)
      }
    }
    guard defaults.isEmpty || settings["type"] != nil else {
      throw refuse("configuration.\(name) has defaults and no type to choose them by")
    }
    let refusals = try reasons(
      settings["refuse"], "configuration.\(name).refuse", field: "\(name).refuse")
    return ConfigurationSection(
      name: name, condition: try expression("when"), scopes: scopes, type: try expression("type"),
      defaults: defaults, refusals: refusals, fields: fields)
  }
}
