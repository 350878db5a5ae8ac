package import Files
package import Tensors
internal import Tokenizers

/// How text is drawn where nobody says otherwise: the settings of a checkpoint's `generation_config.json`, taken as vLLM's server
/// takes them. `do_sample` is not looked at; what the file does not say is temperature 1 among all tokens.
package struct GenerationDefaults: Sendable, Equatable {
  /// 0 takes the likeliest token.
  package private(set) var temperature = 1.0
  package private(set) var topP = 1.0
  /// `nil` takes them all.
  package private(set) var topK: Int?
  /// Tokens at most (`max_new_tokens`).
  package private(set) var limit: Int?
  /// What of the above the file says, as it spells it.
  package private(set) var stated: [String] = []
  /// Settings of the file that are not to be had here.
  package private(set) var notices: [Notice] = []

  /// Those without a file.
  package init() {}

  /// Reads `generation_config.json` of a folder, where there is one.
  ///
  /// - Throws: `runtime.configuration.invalid` for a setting out of its range, and what JSON and files have of their own.
  package init(_ folder: ModelFolder) throws(VLMError) {
    guard let file = try JSONNode("generation_config.json", in: folder) else { return }
    func number(_ key: String, _ range: String, _ isIn: (Double) -> Bool) throws(VLMError) -> Double? {
      guard let node = file[key] else { return nil }
      guard let value = node.value.doubleValue, isIn(value) else {
        throw node.failure("should be \(range)", code: .configurationInvalid, remedy: "correct it, or give --generation-config ignore")
      }
      return value
    }
    func whole(_ key: String, from least: Int) throws(VLMError) -> Int? {
      try number(key, "a whole number of \(least) or more") { Int(exactly: $0).map { $0 >= least } ?? false }.map { Int($0) }
    }
    if let value = try number("temperature", "a number of 0 or more", { $0 >= 0 }) {
      temperature = value
      stated.append("temperature")
    }
    if let value = try number("top_p", "above 0 and at most 1", { $0 > 0 && $0 <= 1 }) {
      topP = value
      stated.append("top_p")
    }
    if let value = try whole("top_k", from: -1) {
      topK = value > 0 ? value : nil
      stated.append("top_k")
    }
    if let value = try whole("max_new_tokens", from: 1) {
      limit = value
      stated.append("max_new_tokens")
    }
    for (key, neutral) in [("repetition_penalty", 1.0), ("min_p", 0)] {
      if let value = try number(key, "a number of 0 or more", { $0 >= 0 }), value != neutral {
        notices.append(
          Notice(
            .warning, "\(key) \(value) is left out: there is none here, so text is drawn otherwise than by servers that have it",
            file: file.file))
      }
    }
  }

  /// `temperature 0.7, top_p 0.8 (temperature from generation_config.json)`.
  package var sentence: String {
    var settings = ["temperature \(temperature)", "top_p \(topP)"]
    if let topK { settings.append("top_k \(topK)") }
    if let limit { settings.append("\(limit) tokens at most") }
    let source = stated.isEmpty ? "" : " (\(stated.joined(separator: ", ")) from generation_config.json)"
    return settings.joined(separator: ", ") + source
  }
}
