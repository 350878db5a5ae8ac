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

  /// Names of the fields of a section, as family files spell them.
  static func fieldNames(of section: String) -> [String] {
    switch section {
    case "vision": VisionConfiguration.CodingKeys.allCases.map(\.rawValue)
    case "projector": ProjectorConfiguration.CodingKeys.allCases.map(\.rawValue)
    case "language": LanguageConfiguration.CodingKeys.allCases.map(\.rawValue)
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
      let scope = ConfigurationScope(
        root: config, section: section.scopes.lazy.compactMap { config.at($0) }.first ?? .object([:]),
        tensors: tensors, file: file)
      if let condition = section.condition {
        guard try scope.evaluate(condition, field: "\(section.name).when") == .bool(true) else { continue }
      }
      var fields: [String: JSONValue] = [:]
      for (name, expression) in section.fields {
        fields[name] = try scope.evaluate(expression, field: "\(section.name).\(name)")
      }
      members[section.name] = .object(fields)
    }
    self = try Self(decoding: .object(members), file: file)
  }

  /// Decodes and checks a configuration.
  init(decoding value: JSONValue, file: String) throws(VLMError) {
    do {
      self = try JSONDecoder().decode(ModelConfiguration.self, from: JSONEncoder().encode(value))
    } catch let error as DecodingError {
      throw Self.error(error, in: value, file: file)
    } catch {
      throw VLMError(.configValue, "cannot be decoded", file: file, cause: error)
    }
    try validate(file: file)
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

  /// Refuses sizes that no model has, so that nothing downstream overflows or loops for ever.
  private func validate(file: String) throws(VLMError) {
    var checks: [(name: String, value: Int, range: ClosedRange<Int>)] = []
    let width = 1...(1 << 20)
    if let vision {
      checks += [
        ("vision.depth", vision.depth, 0...4096), ("vision.width", vision.width, width),
        ("vision.heads", vision.heads, 1...(1 << 16)), ("vision.mlpWidth", vision.mlpWidth, width),
        ("vision.channels", vision.channels, 1...256), ("vision.patchSize", vision.patchSize, 1...4096),
        ("vision.temporalPatchSize", vision.temporalPatchSize, 1...256),
        (
          "vision.imageSize", vision.imageSize ?? vision.patchSize,
          vision.patchSize...max(1 << 16, vision.patchSize)
        ),
        ("vision.windowSize", vision.windowSize ?? 1, 1...(1 << 16)),
        ("vision.spatialMergeSize", vision.spatialMergeSize, 1...64),
        ("vision.fullAttentionBlocks", vision.fullAttentionBlocks.count, 0...4096),
        ("vision.registers", vision.registers ?? 0, 0...4096),
      ]
      guard !vision.position.isLearned || vision.imageSize != nil else {
        throw VLMError(.configValue, "vision.imageSize is needed for learned positions", file: file)
      }
      guard vision.heads > 0, vision.width % vision.heads == 0 else {
        throw VLMError(
          .configValue, "vision.width \(vision.width) does not divide into \(vision.heads) heads", file: file)
      }
    }
    if let projector {
      checks += projector.layerWidths.map { ("projector.layerWidths", $0, width) }
      checks.append(("projector.layerWidths", projector.layerWidths.count, 1...64))
      checks += [
        ("projector.outputWidth", projector.outputWidth, width),
        ("projector.latents", projector.latents ?? 1, 1...(1 << 16)),
        ("projector.deepstackBlocks", projector.deepstackBlocks?.count ?? 0, 0...64),
      ]
    }
    if let language {
      checks += [
        ("language.depth", language.depth, 0...4096), ("language.width", language.width, width),
        ("language.heads", language.heads, 1...(1 << 16)),
        ("language.keyValueHeads", language.keyValueHeads, 1...(1 << 16)),
        ("language.headWidth", language.headWidth, 1...(1 << 16)),
        ("language.mlpWidth", language.mlpWidth, width),
        ("language.vocabularySize", language.vocabularySize, 1...(1 << 26)),
        ("language.learnedPositions", language.learnedPositions ?? 1, 1...(1 << 26)),
        ("language.projectionWidth", language.projectionWidth ?? 1, width),
        ("language.slidingWindow", language.slidingWindow ?? 1, 1...(1 << 30)),
        ("language.experts", language.experts ?? 1, 1...4096),
        ("language.expertsPerToken", language.expertsPerToken ?? 1, 1...(language.experts ?? 1)),
        ("language.expertWidth", language.expertWidth ?? 1, width),
        ("language.expertStep", language.expertStep ?? 1, 1...4096),
      ]
    }
    for check in checks where !check.range.contains(check.value) {
      throw VLMError(
        .configValue,
        "\(check.name) cannot be \(check.value), only \(check.range.lowerBound) to \(check.range.upperBound)",
        file: file)
    }
  }
}
