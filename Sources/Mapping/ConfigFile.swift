internal import Files
internal import Foundation
internal import Tensors

/// A `config.json`: of a public checkpoint, or the runtime's own with the source's inside.
///
///     { "vlmtool": { "format": 1, "configuration": {…} }, "source": {…} }
///
/// The source's text is kept byte for byte, so that converting back gives the very same file.
struct ConfigFile {
  static let formatVersion = 1

  /// All of the file.
  let value: JSONValue
  /// The runtime's configuration, when the file holds one.
  let runtime: ModelConfiguration?
  /// The source's `config.json`, as bytes and parsed.
  private(set) var sourceBytes: Data
  private(set) var source: JSONValue

  static func path(in directory: String) -> String {
    URL(filePath: directory).appending(path: "config.json").path(percentEncoded: false)
  }

  /// - Parameter settings: what the files with the weights say themselves.
  init(_ settings: JSONValue) {
    (value, source, runtime) = (settings, settings, nil)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(settings) else { preconditionFailure("JSON always encodes") }
    sourceBytes = data
  }

  init(reading path: String) throws(VLMError) {
    guard FileManager.default.fileExists(atPath: path) else {
      throw VLMError(
        .configMissing, "there is no config.json, so the model's family is unknown", file: path,
        remedy: "give a checkpoint's directory, or put the model's config.json beside the weights")
    }
    let data: Data
    do {
      data = try Data(contentsOf: URL(filePath: path))
    } catch {
      throw VLMError(.configMissing, "cannot be read", file: path, cause: error)
    }
    try self.init(data, file: path)
  }

  init(_ data: Data, file: String) throws(VLMError) {
    guard data.count <= 64 << 20 else {
      throw VLMError(.configSyntax, "\(data.count) bytes are too many for a config.json", file: file)
    }
    value = try JSONValue(parsing: data, file: file, code: .configSyntax)
    guard value.objectValue != nil else { throw VLMError(.configSyntax, "is not a JSON object", file: file) }
    guard let own = value["vlmtool"] else {
      runtime = nil
      sourceBytes = data
      source = value
      return
    }
    guard own["format"]?.intValue == Self.formatVersion, let configuration = own["configuration"] else {
      throw VLMError(
        .configVersion, "runtime format \(own["format"]?.summary ?? "missing") is not \(Self.formatVersion)",
        file: file,
        remedy: "convert the source checkpoint again with this version")
    }
    runtime = try ModelConfiguration(decoding: configuration, file: file)
    sourceBytes = try Self.sourceText(in: data, file: file)
    source = try JSONValue(parsing: sourceBytes, file: file, code: .configSyntax)
  }

  /// Where a `config.json` says how weights are kept in few bits: for itself, of old, as MLX does, for one part of the model.
  private static let quantizationPaths = [
    ["quantization_config"], ["compression_config"], ["quantization"],
    ["text_config", "quantization_config"], ["text_config", "quantization"],
    ["llm_config", "quantization_config"], ["language_config", "quantization_config"],
  ]

  /// Takes out how the source's weights are quantized: what is read has floats, and so has what is written.
  ///
  /// - Throws: `mapping.config.quantized` when it is said twice and differently.
  mutating func takeQuantization(file: String) throws(VLMError) -> JSONValue? {
    guard runtime == nil else { return nil }
    var found: JSONValue?
    for path in Self.quantizationPaths {
      guard let settings = source.at(path.joined(separator: ".")), settings.objectValue != nil else {
        continue
      }
      if let found, found != settings {
        throw VLMError(
          .configQuantized,
          "says twice how the weights are quantized, and \(path.joined(separator: ".")) says it differently",
          file: file,
          remedy: "take out the one that the weights are not of")
      }
      found = settings
      sourceBytes = try sourceBytes.removingMember(at: path, file: file, code: .configSyntax)
    }
    if found != nil { source = try JSONValue(parsing: sourceBytes, file: file, code: .configSyntax) }
    return found
  }

  /// The text under `source`, with the white space around it.
  private static func sourceText(in data: Data, file: String) throws(VLMError) -> Data {
    let result: Result<Range<Int>?, VLMError> = data.withUnsafeBytes { bytes in
      Result { () throws(VLMError) in
        var scanner = JSONScanner(bytes, file: file)
        var range: Range<Int>?
        try scanner.object { (scanner, key, _) throws(VLMError) in
          let start = scanner.position + (bytes[scanner.position] == UInt8(ascii: " ") ? 1 : 0)
          try scanner.skipValue()
          scanner.skipWhitespace()
          if key == "source" { range = start..<scanner.position }
        }
        return range
      }
    }
    guard let range = try result.get() else {
      throw VLMError(.configVersion, "the source's configuration is missing", file: file)
    }
    let text = data.subdata(in: range)
    // Text that is no strict JSON stands in a string.
    guard text.first == UInt8(ascii: "\"") else { return text }
    return Data(try JSONValue(parsing: text, file: file, code: .configSyntax).stringValue?.utf8 ?? "".utf8)
  }

  /// `source` when it is strict JSON; otherwise (`NaN`, comments) a string that holds it.
  private static func embeddable(_ source: Data) -> Data {
    let isStrict = source.withUnsafeBytes { bytes in
      var scanner = JSONScanner(bytes, file: "")
      do throws(VLMError) {
        try scanner.skipValue()
        try scanner.end()
        return true
      } catch {
        return false
      }
    }
    if isStrict { return source }
    return (try? JSONEncoder().encode(String(decoding: source, as: UTF8.self))) ?? source
  }

  /// The text of a runtime checkpoint's `config.json`.
  static func text(_ configuration: ModelConfiguration, source: Data) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    guard let own = try? encoder.encode(["configuration": configuration]) else {
      preconditionFailure("a configuration always encodes")
    }
    var text = Data("{\n\"vlmtool\": {\"format\": \(formatVersion), ".utf8)
    text.append(own.dropFirst())
    text.append(Data(",\n\"source\": ".utf8))
    text.append(embeddable(source))
    text.append(Data("}\n".utf8))
    return text
  }
}

extension JSONValue {
  /// The dtype that a `config.json` gives the model's weights.
  var modelDType: DType? {
    let keys = [
      "dtype", "torch_dtype", "text_config.dtype", "text_config.torch_dtype", "llm_config.torch_dtype",
    ]
    let word = keys.lazy.compactMap { at($0)?.stringValue }.first
    return switch word?.split(separator: ".").last {
    case "bfloat16": .bf16
    case "float16": .f16
    case "float32": .f32
    default: nil
    }
  }
}
