internal import Foundation
package import Tensors

/// An output directory that appears whole or not at all.
///
/// Everything is written into a hidden directory beside it, `.NAME.vlmtool-partial`; `commit()` gives that the
/// final name. When an error ends the work, the hidden directory is removed; when the process is killed, it stays,
/// and the next run with the same `identity` goes on from there.
///
/// Runs that do a share of the work each are in it together, on as many machines as see the same disk, and leave it as it is: a run
/// that does the rest commits.
package final class AtomicDirectory {
  /// Where the directory will be after `commit()`.
  package let path: String
  /// Where its files are until then.
  package let stagingPath: String
  /// Whether files of an interrupted run with the same identity are there.
  package let isResumed: Bool
  private let place: Place
  /// What this run does of the work; `nil`: all of it.
  package let share: Share?
  private let lock: Int32
  private var isOpen = true
  /// Held by one run of a share at a time, while it makes files that are not there yet.
  private var preparing: Int32?

  /// The names in a directory that this tool wrote and that nobody changed since.
  package typealias OwnFiles = @Sendable (_ directory: String) -> Set<String>

  /// Starts an output directory.
  ///
  /// - Parameters:
  ///   - path: the final place; its parent must be there. A symbolic link there is followed.
  ///   - inputs: what is read meanwhile; the directory may not meet it.
  ///   - replacing: says of a directory that is there which of its files may be replaced; any other file makes it
  ///     refuse. `nil`: only an empty directory is replaced.
  ///   - identity: everything that determines what will be written (command, settings, source files with size
  ///     and time, see `Checkpoint.identity(of:)`); a run is only resumed under the same one. `nil`: never.
  ///   - share: of a run that is not alone; it calls `endPreparing()` once files have their places.
  package init(
    _ path: String, apartFrom inputs: InputPaths = .none, replacing: OwnFiles? = nil, identity: String? = nil, share: Share? = nil
  ) throws(VLMError) {
    let place = try Place(path, apartFrom: inputs, replacing: replacing)
    let (path, staging) = (place.path, place.staging)
    try place.check()

    guard mkdir(staging, 0o777) == 0 || errno == EEXIST else {
      throw .writing(staging, errno: errno, code: .outputCreateFailed)
    }
    lock = open(staging, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard lock >= 0 || errno == ENOENT else {
      throw .writing(staging, errno: errno, code: .outputCreateFailed)
    }
    // Between making the directory and locking it another run may have finished with it, and given it its final name.
    guard lock >= 0, flock(lock, (share == nil ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0,
      FileIdentity(staging) == FileIdentity(descriptor: lock)
    else {
      if lock >= 0 { close(lock) }
      throw VLMError(
        .outputBusy, "another run is writing this directory", file: path, remedy: "wait for it or stop it")
    }
    self.path = path
    self.place = place
    self.share = share
    stagingPath = staging
    UnfinishedFiles.begin(staging, identity == nil ? .removed : .kept)
    var preparing: Int32?
    do throws(VLMError) {
      if FileIdentity(path) == nil, FileIdentity(place.replaced) != nil {
        rename(place.replaced, path)  // a run was killed between the two renames of `commit`
        try place.check()
      }
      preparing = share == nil ? nil : try Self.lockForPreparing(staging)
      isResumed = try Self.claim(staging, identity: identity)
      self.preparing = preparing
    } catch {
      UnfinishedFiles.end(staging)
      rmdir(staging)  // unless there is something in it
      if let preparing { close(preparing) }
      close(lock)
      throw error
    }
  }

  /// Lets the next run of a share look for the files that it needs.
  package func endPreparing() {
    if let preparing { close(preparing) }
    preparing = nil
  }

  /// Says whether `init` would refuse, and touches nothing.
  package static func check(
    _ path: String, apartFrom inputs: InputPaths, replacing: OwnFiles?
  ) throws(VLMError) {
    try Place(path, apartFrom: inputs, replacing: replacing).check()
  }

  deinit {
    if isOpen { share == nil ? discard() : leave() }
  }

  /// The path at which a file of the directory is to be written; `name` must be a bare file name.
  package func stagedPath(_ name: String) -> String {
    precondition(
      !name.isEmpty && !name.contains("/") && name != "." && name != "..", "not a file name: \(name)")
    return stagingPath + "/" + name
  }

  /// Writes a small file.
  package func write(_ bytes: UnsafeRawBufferPointer, to name: String) throws(VLMError) {
    let file = try OutputFile(stagedPath(name), truncating: true)
    try file.write(bytes, at: 0)
  }

  /// Writes a small text file, UTF-8.
  package func write(_ text: String, to name: String) throws(VLMError) {
    let bytes = Array(text.utf8)
    try write(bytes, to: name)
  }

  package func write(_ bytes: [UInt8], to name: String) throws(VLMError) {
    let file = try OutputFile(stagedPath(name), truncating: true)
    // Typed throws do not pass through `withUnsafeBytes`.
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(VLMError) in try file.write(bytes, at: 0) }
    }
    try result.get()
  }

  /// Copies a file, such as a tokenizer, byte for byte; a symbolic link is followed.
  package func copy(_ source: String, as name: String? = nil) throws(VLMError) {
    let staged = try OutputFile(stagedPath(name ?? source.lastPathPart), truncating: true)
    let file: MappedFile
    do throws(VLMError) {
      file = try MappedFile(source)
    } catch {
      if error.code == .fileEmpty { return }
      throw error
    }
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: min(file.byteCount, 1 << 20), alignment: 64)
    defer { buffer.deallocate() }
    for start in stride(from: 0, to: file.byteCount, by: buffer.count) {
      let range = start..<min(start + buffer.count, file.byteCount)
      try file.read(range, into: buffer)
      try staged.write(UnsafeRawBufferPointer(rebasing: buffer[..<range.count]), at: start)
    }
  }

  /// Gives the directory its final name, after the disk has all of it when `flushing`.
  package func commit(flushing: Bool = true) throws(VLMError) {
    precondition(isOpen && share == nil, "committed or discarded before, or a share")
    for name in (try? FileManager.default.contentsOfDirectory(atPath: stagingPath)) ?? [] where Self.isOwn(name) {
      unlink(stagedPath(name))
    }
    if flushing {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: stagingPath)) ?? []
      for name in names { try OutputFile.flush(stagedPath(name)) }
      try OutputFile.flush(stagingPath)
    }
    // Something may have appeared there since the start.
    let old = try place.check()
    let replaced = place.replaced
    if old != nil {
      try place.removeReplaced()
      guard rename(path, replaced) == 0 else { throw .writing(path, errno: errno) }
    }
    guard rename(stagingPath, path) == 0 else {
      let number = errno
      if old != nil { rename(replaced, path) }
      throw .writing(path, errno: number)
    }
    isOpen = false
    UnfinishedFiles.end(stagingPath)
    close(lock)
    try place.removeReplaced()
    if flushing { try OutputFile.flush(path.parentPath) }
  }

  /// Leaves everything as it is, for the run that does the rest.
  package func leave() {
    precondition(isOpen, "committed or discarded before")
    isOpen = false
    endPreparing()
    UnfinishedFiles.end(stagingPath)
    close(lock)
  }

  /// Removes everything written so far.
  package func discard() {
    precondition(isOpen && share == nil, "committed or discarded before, or a share")
    isOpen = false
    try? FileManager.default.removeItem(atPath: stagingPath)
    UnfinishedFiles.end(stagingPath)
    close(lock)
  }
}

extension AtomicDirectory {
  /// What journals of finished work begin with: of a run that does all, and of each share.
  package static let journalName = ".vlmtool-journal"
  private static let identityName = ".vlmtool-identity"
  private static let preparingName = ".vlmtool-preparing"

  private static func isOwn(_ name: String) -> Bool {
    name.hasPrefix(journalName) || name == identityName || name == preparingName
  }

  private static func lockForPreparing(_ staging: String) throws(VLMError) -> Int32 {
    let path = staging + "/" + preparingName
    let file = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw .writing(path, errno: errno, code: .outputCreateFailed) }
    while flock(file, LOCK_EX) != 0 {
      guard errno == EINTR else {
        let number = errno
        close(file)
        throw .writing(path, errno: number, code: .outputCreateFailed)
      }
    }
    return file
  }

  /// Empties the hidden directory unless a run with this identity left it, or is in it.
  ///
  /// - Throws: `outputBusy` where there are shares with another identity: other machines may be at work on them.
  private static func claim(_ staging: String, identity: String?) throws(VLMError) -> Bool {
    let identityPath = staging + "/" + identityName
    if let identity, let found = try? String(contentsOfFile: identityPath, encoding: .utf8), found == identity
    {
      return true
    }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: staging)) ?? []
    guard !names.contains(where: { $0.hasPrefix(journalName + "-") }) else {
      throw VLMError(
        .outputBusy, "parts of another run are there: from another source, or with other settings", file: staging,
        remedy: "finish them by their own command without --part, or remove this directory")
    }
    do {
      for name in names where name != preparingName { try FileManager.default.removeItem(atPath: staging + "/" + name) }
      if let identity { try identity.write(toFile: identityPath, atomically: false, encoding: .utf8) }
    } catch {
      throw VLMError(.outputCreateFailed, "cannot prepare this directory", file: staging, cause: error)
    }
    return false
  }
}
