internal import Files
internal import Foundation
internal import Tensors

extension ModelConfiguration {
  /// The configuration as plain JSON.
  var jsonValue: JSONValue {
    guard let data = try? JSONEncoder().encode(self),
      let value = try? JSONDecoder().decode(JSONValue.self, from: data)
    else { preconditionFailure("a configuration always encodes") }
    return value
  }

  /// Names of the sections, in the order in which they are resolved: a later one may look at earlier ones.
  static let sectionNames = encoderSections.map(\.name) + ["language", "projector", "contrastive", "prompt"]

  /// What the names of an encoder's parameters start with.
  static func parameterRoot(of section: String) -> String {
    encoderSections.first { $0.name == section }?.root ?? section
  }

  /// Names of the fields of a section, as family files spell them.
  static func fieldNames(of section: String) -> [String] {
    switch section {
    case _ where encoderSections.contains { $0.name == section }: VisionConfiguration.CodingKeys.allCases.map(\.rawValue)
    case "projector": ProjectorConfiguration.CodingKeys.allCases.map(\.rawValue)
    case "language": LanguageConfiguration.CodingKeys.allCases.map(\.rawValue)
    case "prompt": PromptConfiguration.CodingKeys.allCases.map(\.rawValue)
    default: ContrastiveConfiguration.CodingKeys.allCases.map(\.rawValue)
    }
  }

  /// Resolves every field from a source's `config.json`.
  ///
  /// - Parameters:
  ///   - sections: a family file's say on where fields come from.
  ///   - tensors: names in the checkpoint, for what depends on their presence.
  ///   - file: path of `config.json`, for messages.
  /// - Throws: `mapping.config.value` naming the field that is missing, of the wrong kind, or beyond all
  ///   sense.
  init(
    family: String, dialect: String, sections: [ConfigurationSection], config: JSONValue,
    tensors: Set<String>,
    file: String
  ) throws(VLMError) {
    var members: [String: JSONValue] = ["family": .string(family), "dialect": .string(dialect)]
    for section in sections {
      var scope = ConfigurationScope(
        root: config, section: section.scopes.lazy.compactMap { config.at($0) }.first ?? .object([:]),
        tensors: tensors, file: file)
      scope.resolved = .object(members)
      if let condition = section.condition {
        guard try scope.evaluate(condition, field: "\(section.name).when") == .bool(true) else { continue }
      }
      scope = try scope.fillingIn(section)
      for (condition, reason) in section.refusals
      where try scope.evaluate(condition, field: "\(section.name).refuse") == .bool(true) {
        throw VLMError(.configUnsupported, reason, file: file)
      }
      var fields: [String: JSONValue] = [:]
      for (name, expression) in section.fields {
        let value = try scope.evaluate(expression, field: "\(section.name).\(name)")
        if case .double(let number) = value, !number.isFinite {
          throw VLMError(.configValue, "\(section.name).\(name) is \(number), no finite number", file: file)
        }
        fields[name] = value
      }
      members[section.name] = .object(fields)
    }
    self = try Self(decoding: .object(members), file: file)
  }

  /// Decodes and checks a configuration.
  init(decoding value: JSONValue, file: String) throws(VLMError) {
    do {
      self = try value.decoded(as: ModelConfiguration.self)
    } catch let error as DecodingError {
      throw Self.error(error, in: value, file: file)
    } catch {
      throw VLMError(.configValue, "cannot be decoded", file: file, cause: error)
    }
    try validate(file: file)
    if language?.ropeScaling?.changesNothing == true { language?.ropeScaling = nil }
    language?.shortenBlockKinds()
  }

  private static func error(_ error: DecodingError, in value: JSONValue, file: String) -> VLMError {
    func name(_ path: [any CodingKey]) -> String { path.map(\.stringValue).joined(separator: ".") }
    switch error {
    case .keyNotFound(let key, let context):
      return VLMError(.configValue, "no value for \(name(context.codingPath + [key]))", file: file)
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      let path = name(context.codingPath)
      let found = value.at(path).map { " \($0.summary)" } ?? ""
      return VLMError(.configValue, "\(path) cannot be\(found.isEmpty ? " read" : found)", file: file)
    @unknown default:
      return VLMError(.configValue, "cannot be decoded", file: file, cause: error)
    }
  }
}
