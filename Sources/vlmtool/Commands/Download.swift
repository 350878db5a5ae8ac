import ArgumentParser
import Files
import Foundation
import Hub
import Reports
import Tensors

struct Download: ParsableCommand, AsksHubItself {
  static let configuration = CommandConfiguration(
    abstract: "Bring models and data sets of the Hugging Face hub into its local cache.",
    discussion: """
      Every command does so by itself for an hf:// name that is not in the cache; this one also completes what is there in part, and \
      fetches what has changed since. Files lie where huggingface_hub keeps them, so that hf and transformers find them too. Large \
      files come in pieces over eight connections, are checked by their SHA-256, and a run that is stopped goes on where it was.

      HF_TOKEN (or the token that `hf auth login` stores) is sent to the hub only. HF_ENDPOINT names a mirror, HTTPS_PROXY and \
      NO_PROXY a proxy, HF_HUB_CACHE or HF_HOME the place; HF_HUB_OFFLINE=1 forbids to ask the hub.

      Of a model come the weights at its root of one kind (safetensors before others), settings and tokenizer; what is left out is said. \
      Of several models in GGUF files the one that is named behind a colon, and with it one image encoder (mmproj). Of a data set comes \
      everything.

      EXAMPLES
        vlmtool download hf://Qwen/Qwen2-VL-2B-Instruct
        vlmtool download hf://ggml-org/Qwen2.5-VL-3B-Instruct-GGUF:Q4_K_M
        vlmtool download hf://datasets/lerobot/pusht hf://google/siglip-base-patch16-224@main
      """)

  @Argument(
    help: ArgumentHelp("hf://org/name[@revision][:GGUF], or hf://datasets/org/name[@revision].", valueName: "name"))
  var names: [String]

  @OptionGroup var common: CommonOptions

  func run() throws {
    let repositories = try names.map { name in
      guard let repository = try HubName.repository(name) else {
        throw VLMError(.hubName, "is no name of the hub", file: name, remedy: "write hf://org/name or hf://datasets/org/name")
      }
      return repository
    }
    let done = try common.run { progress in try repositories.map { try HubName.bring($0, common: common, progress: progress) } }
    try common.print(DownloadReport(repositories: done), as: .download) { _ in
      done.map { $0.folder + "\n" }.joined()
    }
  }
}

/// A command that does with names of the hub what it does; for all others they are brought into the cache before they run.
protocol AsksHubItself {}

/// What `vlmtool download --json` prints.
struct DownloadReport: Encodable {
  struct Repository: Encodable {
    let name: String
    let commit: String
    /// The snapshot in the cache.
    let folder: String
    let files: Int
    let bytes: Int
    /// What came now; the rest was there.
    let downloadedBytes: Int
    /// Files that are not needed.
    let leftOut: [String]
  }

  let repositories: [Repository]
}

/// Names of the hub among arguments.
enum HubName {
  static func repository(_ name: String) throws(VLMError) -> HubRepository? {
    try HubRepository(name, of: name.hasPrefix("hf://datasets/") ? .dataset : .model)
  }

  /// Brings what the arguments name, and is not in the cache, into it.
  static func bringMissing(_ arguments: [String]) throws {
    let isQuiet = arguments.contains { ["-q", "--quiet"].contains($0) }
    let values = arguments.flatMap { argument in
      (argument.hasPrefix("--") ? argument.drop { $0 != "=" }.dropFirst() : argument[...]).split(separator: "+").map(String.init)
    }
    // What is no name after all is for the command to say.
    let missing = values.filter { $0.hasPrefix("hf://") }.compactMap { try? repository($0) }.filter { $0.snapshot() == nil }
    guard !missing.isEmpty, try HubSettings().offline == nil else { return }
    let line = isQuiet ? nil : ProgressLine()
    defer { line?.finish() }
    for repository in missing { _ = try bring(repository, common: nil, progress: line?.handler) }
  }

  /// The headers of a model that is not in the cache; `nil` for what is there, or is brought there now.
  ///
  /// - Parameter besideData: whether all data is read too, and so is brought.
  static func headers(of checkpoint: String, besideData: Bool) throws -> HubHeaders? {
    guard !besideData, checkpoint.hasPrefix("hf://"), !checkpoint.contains("+"), let repository = try repository(checkpoint),
      repository.snapshot() == nil, try HubSettings().offline == nil
    else {
      try bringMissing(Array(CommandLine.arguments.dropFirst()))
      return nil
    }
    let headers = try HubHeaders(repository)
    StandardStreams.remark(
      "\(repository.name) is not downloaded: settings and headers of \(Figure.bytes(headers.wholeByteCount)) read, "
        + "\(Figure.bytes(headers.byteCount)) in \(Figure.count(headers.requests, "request"))\n")
    return headers
  }

  static func bring(
    _ repository: HubRepository, common: CommonOptions?, progress: ProgressHandler?
  ) throws -> DownloadReport.Repository {
    let download = try HubDownload(repository)
    let (selection, missing) = (download.selection, download.missingBytes)
    if missing > 0 {
      StandardStreams.remark(
        "downloading \(Figure.bytes(missing)) of \(repository.name) to \(download.folder)"
          + (selection.leftOut.isEmpty
            ? "" : "; left out: \(Figure.count(selection.leftOut.count, "file")), \(Figure.bytes(selection.leftOut.reduce(0) { $0 + $1.byteCount }))")
          + "\n")
    }
    try download.run(progress: progress)
    return DownloadReport.Repository(
      name: repository.name, commit: download.commit, folder: download.folder, files: selection.files.count,
      bytes: selection.files.reduce(0) { $0 + $1.byteCount }, downloadedBytes: missing, leftOut: selection.leftOut.map(\.path))
  }
}
