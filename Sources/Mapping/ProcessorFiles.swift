package import Files
internal import Foundation
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

  /// - Parameter metadata: what the file with the weights says of the model, for a folder that says nothing of pictures.
  package init(directory: String, else metadata: (file: String, settings: JSONValue)? = nil) throws(VLMError)
  {
    let joint = try Self.read("processor_config.json", in: directory)
    let own = try Self.read("preprocessor_config.json", in: directory)
    let inner = joint?.value["image_processor"]
    let pictures = joint == nil && own == nil ? metadata?.settings.at("clip.vision")?.objectValue : nil
    var known = pictures?.filter { ["image_mean", "image_std"].contains($0.key) }
    // Of Gemma 3, llama.cpp brings every picture to the encoder's own size.
    if metadata?.settings.at("clip.projector_type")?.stringValue == "gemma3", let side = pictures?["image_size"] {
      known?["size"] = .object(["height": side, "width": side])
    }
    file = inner != nil ? joint?.file : own?.file ?? (known == nil ? nil : metadata?.file)
    settings = inner ?? own?.value ?? known.map(JSONValue.object)
    processorClass =
      joint?.value["processor_class"]?.stringValue ?? settings?["processor_class"]?.stringValue
    notices = Self.conflicts(inner, own?.value, joint?.file ?? directory)
  }

  private static func read(
    _ name: String, in directory: String
  ) throws(VLMError) -> (file: String, value: JSONValue)? {
    let url = URL(filePath: directory).appending(path: name)
    let file = url.path(percentEncoded: false)
    guard FileManager.default.fileExists(atPath: file) else { return nil }
    let data: Data
    do {
      data = try Data(contentsOf: url)
    } catch {
      throw VLMError(.processorMalformed, "cannot be read", file: file, cause: error)
    }
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
