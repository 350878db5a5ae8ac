package import Checkpoints
internal import Files
package import Foundation
internal import Tensors

/// What an output directory is made of: for every tensor its source, the steps, and the hash of both.
///
/// Written as `manifest.json`, sorted and without dates, so the same conversion gives the same file.
public struct Manifest: Codable, Sendable, Equatable {
  public struct Source: Codable, Sendable, Equatable {
    public let name: String
    /// SHA-256 of the tensor's bytes in the file read.
    public let sha256: String?
  }

  public struct Tensor: Codable, Sendable, Equatable {
    public let name: String
    public let dtype: String
    public let shape: [Int]
    /// The shard, a bare name.
    public let file: String
    /// SHA-256 of the tensor's bytes as written.
    public let sha256: String
    public let sources: [Source]
    /// Runtime parameters that it is, or that it is made of.
    public let parameters: [String]
    /// `rename`, or the steps from sources to result.
    public let transform: String
  }

  public struct File: Codable, Sendable, Equatable {
    public let name: String
    public let sha256: String
  }

  public var format = 1
  /// The name of an `OutputFormat`.
  public let target: String
  public let family: String
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

  /// The files of a directory that its manifest lists, without those of `files` that were changed since.
  package static func unchangedFiles(in directory: String) -> Set<String> {
    func data(_ name: String) -> Data? {
      try? Data(contentsOf: URL(filePath: directory).appending(path: name), options: .mappedIfSafe)
    }
    guard let text = data(fileName), let manifest = try? JSONDecoder().decode(Self.self, from: text) else {
      return []
    }
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
