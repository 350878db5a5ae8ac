package import Files
internal import Foundation
package import Tensors

/// A model of the hub without its data: settings, and of safetensors the headers, in a folder that lives as long as this.
///
/// Weights there are as long as the hub's, and all zero after their headers: they are for looking at names, shapes and dtypes only.
package final class HubHeaders {
  /// A temporary folder that can be opened as a checkpoint.
  package let folder: String
  package let commit: String
  /// How many files were asked for, and how many bytes came of them.
  package let requests: Int
  package let byteCount: Int
  /// Of all files that belong to the model.
  package let wholeByteCount: Int

  /// What is enough for the header of most files.
  private static let firstBytes = 128 << 10

  /// - Throws: `hub.malformed` for weights that are not safetensors, of which headers alone cannot be had.
  package init(
    _ repository: HubRepository, manner: HubDownload.Manner = .init(), environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(VLMError) {
    let download = try HubDownload(repository, manner: manner, environment: environment)
    let (settings, answers) = (download.settings, HubAnswers(download.settings, manner))
    func address(_ file: HubListing.File) -> String { HubAnswers.address(of: file, in: repository, at: download.commit, settings) }
    let files = download.selection.files.filter { !$0.path.contains("/") }
    let weights = files.filter { $0.path.hasSuffix(".safetensors") }
    guard !weights.isEmpty else {
      throw VLMError(
        .hubMalformed, "has no safetensors, and of other weights the headers alone cannot be read", file: repository.name,
        remedy: "fetch it with: vlmtool download \(repository.name)")
    }
    let settled = files.filter { $0.path.hasSuffix(".json") && !["tokenizer.json", "vocab.json", "added_tokens.json"].contains($0.path) }
    let found = try answers.beginnings(
      settled.map { (address($0), nil) } + weights.map { (address($0), min($0.byteCount, Self.firstBytes)) })
    var headers = Array(found[settled.count...])
    // Eight bytes say how long a header is.
    let long = weights.indices.filter { Self.headerBytes(headers[$0], weights[$0]) > headers[$0].count }
    let rest = try answers.beginnings(long.map { (address(weights[$0]), Self.headerBytes(headers[$0], weights[$0])) })
    for (place, header) in zip(long, rest) { headers[place] = header }

    folder = FileManager.default.temporaryDirectory.appending(path: "vlmtool-headers-\(UUID().uuidString)").path
    commit = download.commit
    requests = 1 + found.count + rest.count
    byteCount = found.reduce(0) { $0 + $1.count } + rest.reduce(0) { $0 + $1.count }
    wholeByteCount = download.selection.files.reduce(0) { $0 + $1.byteCount }
    do { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) } catch {
      throw VLMError(.outputCreateFailed, "this folder cannot be made", file: folder, cause: error)
    }
    for (file, bytes) in zip(settled + weights, found[..<settled.count] + headers) {
      let output = try OutputFile("\(folder)/\(file.path)")
      let result = bytes.withUnsafeBytes { bytes in Result { () throws(VLMError) in try output.write(bytes, at: 0) } }
      try result.get()
      try output.setByteCount(file.byteCount)
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// What the header takes in all, as far as the file goes.
  private static func headerBytes(_ beginning: [UInt8], _ file: HubListing.File) -> Int {
    guard beginning.count >= 8 else { return beginning.count }
    let count = (0..<8).reduce(UInt64(0)) { $0 | UInt64(beginning[$1]) << UInt64(8 * $1) }
    // What is longer is refused by whoever reads it.
    return min(file.byteCount, Int(min(count, 100_000_000)) + 8)
  }
}
