internal import Files
internal import Tensors

/// The configuration of the model inside a policy whose own `config.json` merely names that model.
struct BaseConfiguration: Sendable {
  /// Where in `config.json` the inner model's configuration stands, or is put when it does not stand there.
  let place: String
  /// The path of the name in `config.json`, for messages.
  let field: String
  /// The name that holds where `config.json` has none.
  let standard: String
  /// The `config.json` of the models that it can be, by name.
  let known: [String: JSONValue]

  /// Reads the `base` of a family file and of the parts it uses.
  init(_ members: [String: JSONValue], _ keys: FamilyKeys) throws(VLMError) {
    let members = try keys.object(
      .object(members), "base", required: ["at", "named", "standard", "known"], optional: [])
    place = try keys.identifier(members["at"]!, "base.at")
    field = try keys.string(members["named"]!, "base.named")
    standard = try keys.string(members["standard"]!, "base.standard")
    known = try keys.object(members["known"]!, "base.known", required: [standard], optional: nil)
  }

  /// `config.json` with the inner model's configuration in its place.
  ///
  /// - Throws: `mapping.config.unsupported` when it names a model that is not known.
  func completed(_ config: JSONValue, file: String) throws(VLMError) -> JSONValue {
    guard config[place] == nil, var members = config.objectValue else { return config }
    let name = config.at(field)?.stringValue ?? standard
    guard let base = known[name] else {
      throw VLMError(
        .configUnsupported, "\(field) is \"\(name)\", whose configuration is not known here", file: file,
        remedy: "put the config.json of that model under \"\(place)\" in this one; known: "
          + known.keys.sorted().joined(separator: ", "))
    }
    members[place] = base
    return .object(members)
  }
}
