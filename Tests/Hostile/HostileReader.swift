import Foundation
import Tensors
import TestSupport

/// A reader of files from strangers: what good files it is tried with, how they are broken, and what reads them.
struct HostileReader: Sendable {
  /// A good file that is broken, and where it stands when it is read.
  struct Base: Sendable {
    /// Under `fixtures/`: the file whose bytes are changed.
    let source: String
    /// Under `fixtures/`: the folder it is put into; `nil` is an empty one, and the file itself is read.
    var folder: String?
    /// The file's name there.
    let name: String

    init(_ source: String, in folder: String? = nil, as name: String? = nil) {
      self.source = source
      self.folder = folder
      self.name = name ?? source.split(separator: "/").last.map(String.init) ?? source
    }
  }

  let name: String
  let bases: [Base]
  let mutate: Mutation
  /// Reads the file or folder at a path, all of it: whatever a command would ask of it.
  let read: @Sendable (_ path: String) throws -> Void
  /// What `vlmtool` is called with; `@` stands for the path.
  let commands: [[String]]

  static let all: [HostileReader] = [
    safetensors, index, weights, gguf, torch, parquet, listing, demonstrations, records, frameTables, features,
    archives, sprites, pickles, chunks, chunkMetadata, stores, videos, robotTables, robotInfo,
    config, adapterSettings, adapters, quantizedSettings, quantized, tokenizer, template, processor, images, questions, questionTables, answers,
  ]
}

extension HostileReader {
  /// Folders below `fixtures/` that hold all of `names`.
  static func folders(with names: String...) -> [String] {
    let root = Fixture.root.path
    guard let walk = FileManager.default.enumerator(atPath: root) else { return [] }
    return walk.compactMap { $0 as? String }.filter { path in
      !path.hasPrefix("broken") && !path.hasPrefix("names") && path.hasSuffix("/" + names[0])
        && names.allSatisfy {
          FileManager.default.fileExists(atPath: root + "/" + path.dropLast(names[0].count) + $0)
        }
    }.map { String($0.dropLast(names[0].count + 1)) }.sorted()
  }

  static func files(in folder: String, _ endings: String...) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: Fixture.url(folder).path)) ?? []
    return names.filter { name in endings.contains { name.hasSuffix($0) } }.sorted().map { "\(folder)/\($0)" }
  }
}
