package import Checkpoints
internal import Files
package import Foundation
public import Tensors

/// What an output directory is made of: for every tensor its source, the steps, and the hash of both.
///
/// Written as `manifest.json`, sorted and without dates, so the same conversion gives the same file.
public struct Manifest: Codable, Sendable, Equatable {
  /// A tensor that was read.
  public struct Source: Codable, Sendable, Equatable {
    /// Its name in the file.
    public let name: String
    /// SHA-256 of the tensor's bytes in the file read.
    public let sha256: String?
  }

  /// A tensor that was written.
  public struct Tensor: Codable, Sendable, Equatable {
    /// Its name in the output.
    public let name: String
    /// As safetensors spells it.
    public let dtype: String
    /// Extents, outermost first.
    public let shape: [Int]
    /// The shard, a bare name.
    public let file: String
    /// SHA-256 of the tensor's bytes as written.
    public let sha256: String
    /// What it was made of.
    public let sources: [Source]
    /// Runtime parameters that it is, or that it is made of.
    public let parameters: [String]
    /// `rename`, or the steps from sources to result.
    public let transform: String
  }

  /// A file without tensors.
  public struct File: Codable, Sendable, Equatable {
    /// A bare name.
    public let name: String
    /// SHA-256 of the whole file.
    public let sha256: String
  }

  package var format = 1
  /// The name of an `OutputFormat`.
  public let target: String
  /// Identifier of the family.
  public let family: String
  /// Whose tensor names are written, or were read for the runtime's layout.
  public let dialect: String
  /// In order of name.
  public let tensors: [Tensor]
  /// Source tensors that are not in the output.
  public let dropped: [Coverage.Ignored]
  /// All files but this one and those with tensors: `config.json`, an index, the files copied.
  public let files: [File]

  package init(_ plan: ConversionPlan, written: WrittenCheckpoint, files: [File]) {
    target = plan.format.name
    family = plan.configuration.family
    dialect = plan.configuration.dialect
    dropped = plan.dropped.sorted { $0.tensor < $1.tensor }
    self.files = files.sorted { $0.name < $1.name }
    let results = Dictionary(uniqueKeysWithValues: written.tensors.map { ($0.name, $0) })
    var hashes = written.sourceHashes
    for entry in plan.entries where entry.sources.count == 1 {
      for tensor in entry.tensors {
        if let hash = results[tensor.descriptor.name]?.sourceSHA256 { hashes[entry.sources[0]] = hash }
      }
    }
    tensors = plan.entries.flatMap { entry in
      entry.tensors.map { tensor in
        let name = tensor.descriptor.name
        return Tensor(
          name: name, dtype: tensor.descriptor.dtype.rawValue, shape: tensor.descriptor.shape.dimensions,
          file: results[name]?.file ?? "", sha256: results[name]?.sha256 ?? "",
          sources: entry.sources.map { Source(name: $0, sha256: hashes[$0]) }, parameters: entry.parameters,
          transform: ConversionStep.text(of: entry.steps))
      }
    }.sorted { $0.name < $1.name }
  }

  /// Reads what `convert` or `quantize` wrote.
  ///
  /// - Throws: `mapping.manifest.unreadable` when the directory has no `manifest.json`, or another program's.
  public init(of directory: String) throws(VLMError) {
    let path = URL(filePath: directory).appending(path: Self.fileName)
    do {
      self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: path, options: .mappedIfSafe))
    } catch {
      throw VLMError(.manifestUnreadable, "no manifest of this tool", file: path.path, cause: error)
    }
  }

  /// The files of a directory that its manifest lists, without those of `files` that were changed since.
  package static func unchangedFiles(in directory: String) -> Set<String> {
    func data(_ name: String) -> Data? {
      try? Data(contentsOf: URL(filePath: directory).appending(path: name), options: .mappedIfSafe)
    }
    guard let manifest = try? Manifest(of: directory) else { return [] }
    let unchanged = manifest.files.filter { file in data(file.name).map(SHA256.hash) == file.sha256 }
    return Set(manifest.tensors.map(\.file) + unchanged.map(\.name) + [fileName])
  }

  package static let fileName = "manifest.json"

  package var text: Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(self) else { preconditionFailure("a manifest always encodes") }
    return data + Data("\n".utf8)
  }
}
