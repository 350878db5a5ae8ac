package import Files
internal import Foundation
package import Tensors

/// Brings a repository of the hub into the local cache, in the layout of huggingface_hub.
///
/// Large files come in pieces over several connections. What has come stays beside the blobs until a file is whole and its hash is the
/// hub's; a run that is stopped is gone on with. A repository is seen by others only when all of it is there.
package struct HubDownload: Sendable {
  /// How it is done; tests use small pieces.
  package struct Manner: Sendable {
    package var pieceBytes = 16 << 20
    package var connections = 8
    /// Failures after which a piece is given up, when nothing came in between.
    package var attempts = 6
    /// Seconds before the second attempt; twice as many before each one after it.
    package var pause = 1.0

    package init() {}
  }

  package let repository: HubRepository
  package let commit: String
  package let selection: HubSelection
  /// The snapshot's folder.
  package let folder: String

  let settings: HubSettings
  private let manner: Manner
  private let root: URL

  /// Asks the hub what there is.
  ///
  /// - Throws: `hub.settings` when the hub must not be asked; what it answers.
  package init(
    _ repository: HubRepository, manner: Manner = Manner(), environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(VLMError) {
    settings = try HubSettings(environment: environment)
    if let variable = settings.offline {
      throw VLMError(
        .hubSettings, "\(variable) is set, so the hub is not asked", file: repository.name, remedy: "leave it out to download")
    }
    let address = HubAnswers.listing(of: repository, settings)
    let listing = try HubListing(HubAnswers(settings, manner).whole(address), from: address)
    self.repository = repository
    self.manner = manner
    commit = listing.commit
    selection = try HubSelection(listing.files, of: repository)
    root = repository.folder(environment)
    folder = root.appending(path: "snapshots/\(commit)").path
  }

  /// A file that is not in the cache.
  struct Wanted {
    /// For people.
    let name: String
    let address: String
    /// Where it will be.
    let blob: String
    let file: HubListing.File
  }

  /// Bytes that are not there yet.
  package var missingBytes: Int { missing.reduce(0) { $0 + $1.byteCount } }

  private func blob(_ file: HubListing.File) -> String { root.appending(path: "blobs/\(file.hash)").path }

  /// One file for each blob.
  private var missing: [HubListing.File] {
    var seen: Set<String> = []
    return selection.files.filter { byteCountOfFile(blob($0)) != $0.byteCount && seen.insert($0.hash).inserted }
  }

  /// Downloads what is missing, checks it, and makes the snapshot.
  ///
  /// - Throws: what the hub or the disk has against it; what came is kept.
  package func run(progress: ProgressHandler? = nil) throws(VLMError) {
    let missing = missing
    try make(folder: root.appending(path: "blobs").path)
    try requireSpace(missing.reduce(0) { $0 + $1.byteCount - allocatedByteCount(PartialFile.path(blob($1))) }, at: root.path)
    var transfer = HubTransfer(
      settings, manner,
      missing.map { file in
        Wanted(
          name: "\(repository.name)/\(file.path)", address: HubAnswers.address(of: file, in: repository, at: commit, settings),
          blob: blob(file), file: file)
      })
    try transfer.run { completed, total in
      progress?(ProgressReport(activity: "downloading \(repository.id)", completed: completed, total: total, unit: .bytes))
    }
    try makeSnapshot()
  }

  /// Links with the repository's names to the blobs, and the revision's name, last.
  private func makeSnapshot() throws(VLMError) {
    for file in selection.files {
      let path = "\(folder)/\(file.path)"
      try make(folder: path.parentPath)
      let depth = file.path.count { $0 == "/" }
      let target = String(repeating: "../", count: depth + 2) + "blobs/\(file.hash)"
      if (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) == target { continue }
      // Made under another name first: a name is never without its file.
      let new = "\(folder)/\(file.path).vlmtool-\(getpid())"
      unlink(new)
      guard symlink(target, new) == 0, rename(new, path) == 0 else { throw .writing(path, errno: errno, code: .outputCreateFailed) }
    }
    guard repository.revision != commit else { return }
    let reference = root.appending(path: "refs/\(repository.revision)").path
    try make(folder: reference.parentPath)
    do { try Data(commit.utf8).write(to: URL(filePath: reference), options: .atomic) } catch {
      throw VLMError(.outputCreateFailed, "cannot be written", file: reference, cause: error)
    }
  }

  private func make(folder: String) throws(VLMError) {
    do { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) } catch {
      throw VLMError(.outputCreateFailed, "this folder of the hub cache cannot be made", file: folder, cause: error)
    }
  }
}
