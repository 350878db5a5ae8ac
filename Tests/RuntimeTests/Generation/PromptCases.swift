import Foundation
import Mapping
import TestSupport
import Testing

/// Prompts and greedy answers of transformers (fixtures/oracle/make_prompts.py).
enum PromptCases {
  struct File: Decodable {
    let families: [String: Family]
    let cases: [Prompt]
  }

  struct Family: Decodable {
    let checkpoint: String
    let tokenizer: String
    let template: String?
  }

  struct Prompt: Decodable, CustomTestStringConvertible, Sendable {
    let family: String
    let images: [String]
    let question: String
    let system: String?
    let raw: Bool
    let ids: [Run]
    /// First and length of each run of rows that hold image features.
    let rows: [[Int]]

    var testDescription: String {
      "\(family): \(images) \(question.debugDescription)\(system == nil ? "" : ", system")\(raw ? ", raw" : "")"
    }
    var tokens: [Int] { ids.flatMap(\.tokens) }
    var imageRows: [Int] { rows.flatMap { Array($0[0]..<$0[0] + $0[1]) } }
  }

  /// A token, or many of one.
  struct Run: Decodable, Sendable {
    let tokens: [Int]

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let one = try? container.decode(Int.self) {
        tokens = [one]
      } else {
        let pair = try container.decode([Int].self)
        tokens = Array(repeating: pair[0], count: pair[1])
      }
    }
  }

  struct Answer: Decodable, CustomTestStringConvertible, Sendable {
    let family: String
    let images: [String]
    let question: String
    let written: [Int]
    let text: String

    var testDescription: String { "\(family): \(images) \(question.debugDescription)" }
  }

  static let url = Fixture.url("prompts/cases.json")
  static let file = try! JSONDecoder().decode(File.self, from: Data(contentsOf: url))
  static let answers = try! JSONDecoder().decode(
    [Answer].self, from: Data(contentsOf: Fixture.url("prompts/greedy.json")))

  /// A folder with a family's small checkpoint, its tokenizer, its template and its processor, opened.
  ///
  /// - Parameters:
  ///   - checkpoint: another checkpoint of the family, under `fixtures`.
  ///   - missing: a token that the tokenizer is not to have.
  @discardableResult
  static func withCheckpoint<R>(
    _ name: String, checkpoint: String? = nil, without missing: String? = nil,
    _ body: (MappedCheckpoint) throws -> R
  ) throws -> R {
    try Fixture.withTemporaryDirectory { folder in
      let all = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
      let settings = try #require((all["families"] as? [String: [String: Any]])?[name])
      let family = try #require(file.families[name])
      let source = Fixture.url(checkpoint ?? family.checkpoint)
      func write(_ value: Any, _ name: String) throws {
        try JSONSerialization.data(withJSONObject: value).write(to: folder.appending(path: name))
      }
      if let processor = settings["preprocessor"] { try write(processor, "preprocessor_config.json") }
      var config = try #require(
        try JSONSerialization.jsonObject(with: Data(contentsOf: source.appending(path: "config.json")))
          as? [String: Any])
      for (key, value) in settings["config"] as? [String: Any] ?? [:] {
        config[key] = value is NSNull ? nil : value
      }
      try write(config, "config.json")
      try write(try #require(settings["tokenizer_config"]), "tokenizer_config.json")
      var tokenizer = try String(contentsOf: Fixture.url(family.tokenizer), encoding: .utf8)
      if let missing { tokenizer = tokenizer.replacingOccurrences(of: missing, with: "<something else>") }
      try Data(tokenizer.utf8).write(to: folder.appending(path: "tokenizer.json"))
      let files = FileManager.default
      if let template = family.template {
        try files.copyItem(at: Fixture.url(template), to: folder.appending(path: "chat_template.jinja"))
      }
      for item in try files.contentsOfDirectory(atPath: source.path) {
        let place = folder.appending(path: item)
        guard !files.fileExists(atPath: place.path) else { continue }
        try files.createSymbolicLink(at: place, withDestinationURL: source.appending(path: item))
      }
      return try body(try MappedCheckpoint.open(folder.path))
    }
  }
}
