package import Files
internal import Foundation
package import Tensors

/// The files beside the weights that belong to a model: tokenizer, processors, chat template, generation
/// settings.
package struct CompanionFiles: Sendable {
  /// Bare names, sorted; they go into the output as they are.
  package private(set) var copied: [String] = []
  /// Bare names of what stays behind: weights in other formats, folders, anything unknown.
  package private(set) var left: [String] = []

  /// Of `copied`, what stands in no file of its own and is made.
  package var made: [String] { copied.filter { folder?.standInNames.contains($0) == true } }

  private let folder: ModelFolder?

  /// Files that the output has its own of.
  private static let replaced: Set<String> = ["config.json", "manifest.json"]
  /// How the source's weights are quantized, which those of the output are not in this way.
  private static let quantization: Set<String> = ["quantize_config.json", "quant_config.json", "hf_quant_config.json"]
  private static let extensions: Set<String> = [
    "json", "jsonl", "txt", "model", "jinja", "tiktoken", "vocab", "merges", "py", "md", "spm",
  ]
  private static let largest = 256 << 20

  /// No files at all.
  static let none = CompanionFiles()

  private init() { folder = nil }

  /// - Parameters:
  ///   - weights: paths of files with tensors, which are no companions.
  ///   - copying: `false` when the files beside the source are of no use to who reads the output.
  package init(in folder: ModelFolder, weights: Set<String> = [], copying: Bool = true) throws(VLMError) {
    let weights = Set(weights.map { URL(filePath: $0).lastPathComponent })
    self.folder = folder
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    } catch {
      throw VLMError(.configMissing, "cannot be listed", file: folder.path, cause: error)
    }
    for name in names where !name.hasPrefix(".") && !Self.replaced.contains(name) {
      if name.hasSuffix(".safetensors") || name.hasSuffix(".index.json") || weights.contains(name)
        || name.hasSuffix(".weights.json")
      {
        continue
      }
      if copying, !Self.quantization.contains(name), Self.isCompanion(folder.path(of: name), name) { copied.append(name) } else { left.append(name) }
    }
    if copying { copied = (copied + folder.standInNames).sorted() }
  }

  /// Puts one of `copied` into an output.
  func put(_ name: String, into output: AtomicDirectory) throws(VLMError) {
    guard let folder else { return }
    if folder.standInNames.contains(name), let data = try folder.contents(of: name) {
      try output.write([UInt8](data), to: name)
    } else {
      try output.copy(folder.path(of: name), as: name)
    }
  }

  private static func isCompanion(_ path: String, _ name: String) -> Bool {
    // Files of the hub cache are links into its blobs, so links are followed.
    let url = URL(filePath: path).resolvingSymlinksInPath()
    let attributes = try? FileManager.default.attributesOfItem(atPath: url.path(percentEncoded: false))
    guard attributes?[.type] as? FileAttributeType == .typeRegular,
      let size = attributes?[.size] as? Int, size <= largest
    else { return false }
    return extensions.contains(URL(filePath: name).pathExtension.lowercased())
      || name.uppercased().hasPrefix("LICENSE")
  }
}
