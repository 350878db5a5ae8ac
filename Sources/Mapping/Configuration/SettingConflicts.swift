internal import Files
internal import Tensors

/// Settings that a `config.json` gives twice, with two values: only one of them can be what the model was trained with.
///
/// Looked for among those that shape no tensor, since a wrong one of these goes unnoticed. The two places are either two
/// spellings (`rope_theta`, `rope_parameters.rope_theta`) or the top of the file and the language model's own section.
enum SettingConflicts {
  private static let sections = ["", "text_config.", "llm_config."]

  private struct Setting: Sendable {
    let name: String
    let spellings: [String]
    let used: @Sendable (LanguageConfiguration) -> Double?
  }

  private static let settings = [
    Setting(
      name: "rope_theta", spellings: ["rope_parameters.rope_theta", "rope_scaling.rope_theta", "rope_theta"]
    ) { $0.ropeTheta },
    Setting(name: "rms_norm_eps", spellings: ["rms_norm_eps"]) { $0.normEpsilon },
    Setting(name: "num_attention_heads", spellings: ["num_attention_heads"]) { Double($0.heads) },
    Setting(name: "num_key_value_heads", spellings: ["num_key_value_heads"]) { Double($0.keyValueHeads) },
  ]

  /// - Parameter file: path of `config.json`.
  static func notices(_ config: JSONValue, resolved: ModelConfiguration, file: String) -> [Notice] {
    guard let language = resolved.language else { return [] }
    return settings.compactMap { setting in
      let places = sections.flatMap { section in setting.spellings.map { section + $0 } }
      let found = places.compactMap { place in
        config.at(place)?.doubleValue.map { (place: place, value: $0) }
      }
      guard Set(found.map(\.value)).count > 1 else { return nil }
      let listed = found.map { "\($0.place) \(text($0.value))" }.joined(separator: ", ")
      let used = setting.used(language).map { "; \(text($0)) is used" } ?? ""
      return Notice(
        .warning, "two values for \(setting.name): \(listed)\(used)", file: file,
        remedy: "take out the one that is not the model's")
    }
  }

  private static func text(_ value: Double) -> String { Int(exactly: value).map(String.init) ?? "\(value)" }
}
