package import Foundation
package import Tensors

/// What a file with weights says in place of small files that other models have beside theirs (GGUF's metadata).
package protocol StandIns: Sendable {
  /// Bare names of the files that can be made.
  var names: [String] { get }
  /// The file that says it.
  var file: String { get }
  /// The contents of one of `names`.
  func contents(of name: String) throws(VLMError) -> Data
}

/// The small files of a model: tokenizer, chat template, processors, settings of generation. They are those in its folder; where one is
/// missing and nothing there says the same, it is what the file with the weights says in its place.
package struct ModelFolder: Sendable {
  package let path: String
  private let standIns: (any StandIns)?
  /// Bare names of what stands in for missing files, sorted.
  package let standInNames: [String]

  /// Files that say what a stand-in would say, so that it does not count.
  private static let sayTheSame = [
    "tokenizer_config.json": ["special_tokens_map.json"],
    "chat_template.jinja": ["chat_template.json", "tokenizer_config.json"],
    "preprocessor_config.json": ["processor_config.json"],
  ]

  package init(_ path: String, standIns: (any StandIns)? = nil) {
    self.path = path
    self.standIns = standIns
    standInNames = (standIns?.names ?? []).filter { name in
      ([name] + (Self.sayTheSame[name] ?? [])).allSatisfy { !FileManager.default.fileExists(atPath: Self.path(of: $0, in: path)) }
    }.sorted()
  }

  /// Where a file is, or would be.
  package func path(of name: String) -> String { Self.path(of: name, in: path) }

  private static func path(of name: String, in folder: String) -> String {
    URL(filePath: folder).appending(path: name).path(percentEncoded: false)
  }

  /// The file that says what `name` does, for messages; `nil` where none does.
  package func source(of name: String) -> String? {
    let path = path(of: name)
    if FileManager.default.fileExists(atPath: path) { return path }
    return standInNames.contains(name) ? standIns?.file : nil
  }

  /// The contents of a file of at most `byteLimit` bytes; `nil` where there is none.
  ///
  /// - Throws: `files.*` when it cannot be read, and what a stand-in has of its own.
  package func contents(of name: String, byteLimit: Int = 64 << 20) throws(VLMError) -> Data? {
    if standInNames.contains(name) { return try standIns?.contents(of: name) }
    let path = path(of: name)
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let file: MappedFile
    do throws(VLMError) {
      file = try MappedFile(path)
    } catch {
      if error.code == .fileEmpty { return Data() }
      throw error
    }
    guard file.byteCount <= byteLimit else {
      throw VLMError(.fileTooLarge, "\(file.byteCount) bytes are too many for this file", file: path)
    }
    let bytes = try file.resident(0..<file.byteCount)
    return withExtendedLifetime(bytes) { Data(bytes.bytes) }
  }

  /// What `body` makes of a file of strict JSON; `nil` where there is none.
  package func scan<R>(
    _ name: String, byteLimit: Int = 64 << 20, _ body: (inout JSONScanner) throws(VLMError) -> R
  ) throws(VLMError) -> R? {
    guard let source = source(of: name) else { return nil }
    guard standInNames.contains(name), let data = try standIns?.contents(of: name) else {
      return try JSONScanner.scan(fileAt: source, byteLimit: byteLimit, body)
    }
    let result = data.withUnsafeBytes { bytes in
      Result { () throws(VLMError) in
        var scanner = JSONScanner(bytes, file: source)
        let value = try body(&scanner)
        try scanner.end()
        return value
      }
    }
    return try result.get()
  }
}
