package import Files
package import Tensors

extension VLMError.Code {
  package static let processorMalformed = Self("runtime.processor.malformed")
}

/// The classes of a model's processors where its files name none: what the mappings of transformers 5.23 have for its type.
package struct ProcessorClasses: Sendable {
  package var image: String?
  /// The one that joins image processor and tokenizer.
  package var joint: String?

  package init(image: String? = nil, joint: String? = nil) { (self.image, self.joint) = (image, joint) }
}

/// What a model's folder says of its image processor, read once.
///
/// In the order of transformers: the `image_processor` part of `processor_config.json`, else `preprocessor_config.json`.
package struct ProcessorFiles: Sendable {
  /// The file that `settings` stand in; `nil` when there is none.
  package let file: String?
  package let settings: JSONValue?
  /// The class that joins image processor and tokenizer, where a file names it.
  package let processorClass: String?
  /// Where the two files say different things.
  package let notices: [Notice]

  package init(_ folder: ModelFolder) throws(VLMError) {
    let joint = try Self.read("processor_config.json", in: folder)
    let own = try Self.read("preprocessor_config.json", in: folder)
    let inner = joint?.value["image_processor"]
    file = inner != nil ? joint?.file : own?.file
    settings = inner ?? own?.value
    processorClass =
      joint?.value["processor_class"]?.stringValue ?? settings?["processor_class"]?.stringValue
    notices = Self.conflicts(inner, own?.value, joint?.file ?? folder.path)
  }

  private static func read(
    _ name: String, in folder: ModelFolder
  ) throws(VLMError) -> (file: String, value: JSONValue)? {
    guard let file = folder.source(of: name), let data = try folder.contents(of: name) else { return nil }
    let value = try JSONValue(parsing: data, file: file, code: .processorMalformed)
    guard value.objectValue != nil else {
      throw VLMError(.processorMalformed, "preprocessor settings are not a JSON object", file: file)
    }
    return (file, value)
  }

  private static func conflicts(_ used: JSONValue?, _ other: JSONValue?, _ file: String) -> [Notice] {
    guard let used = used?.objectValue, let other = other?.objectValue else { return [] }
    // Classes are renamed from version to version; what they do to pixels is not.
    let keys = used.keys.filter { key in
      !key.hasSuffix("_type") && !key.hasSuffix("_class") && other[key].map { $0 != used[key] } == true
    }.sorted()
    guard !keys.isEmpty else { return [] }
    return [
      Notice(
        .warning,
        "\(keys.joined(separator: ", ")) differ from preprocessor_config.json; processor_config.json counts, as in transformers",
        file: file, remedy: "delete the file that is out of date")
    ]
  }
}
