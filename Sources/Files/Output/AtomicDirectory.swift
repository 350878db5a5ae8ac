internal import Foundation
package import Tensors

/// An output directory that appears whole or not at all.
///
/// Everything is written into a hidden directory beside it, `.NAME.vlmtool-partial`; `commit()` gives that the
/// final name. When an error ends the work, the hidden directory is removed; when the process is killed, it stays,
/// and the next run with the same `identity` goes on from there.
package final class AtomicDirectory {
  /// Where the directory will be after `commit()`.
  package let path: String
  /// Where its files are until then.
  package let stagingPath: String
  /// Whether files of an interrupted run with the same identity are there.
  package let isResumed: Bool
  private let place: Place
  private let lock: Int32
  private var isOpen = true

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
  package init(
    _ path: String, apartFrom inputs: InputPaths = .none, replacing: OwnFiles? = nil, identity: String? = nil
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
    guard lock >= 0, flock(lock, LOCK_EX | LOCK_NB) == 0,
      FileIdentity(staging) == FileIdentity(descriptor: lock)
    else {
      if lock >= 0 { close(lock) }
      throw VLMError(
        .outputBusy, "another run is writing this directory", file: path, remedy: "wait for it or stop it")
    }
    self.path = path
    self.place = place
    stagingPath = staging
    UnfinishedFiles.begin(staging, identity == nil ? .removed : .kept)
    do throws(VLMError) {
      if FileIdentity(path) == nil, FileIdentity(place.replaced) != nil {
        rename(place.replaced, path)  // a run was killed between the two renames of `commit`
        try place.check()
      }
      isResumed = try Self.claim(staging, identity: identity)
    } catch {
      UnfinishedFiles.end(staging)
      rmdir(staging)  // unless there is something in it
      close(lock)
      throw error
    }
  }

  /// Says whether `init` would refuse, and touches nothing.
  package static func check(
    _ path: String, apartFrom inputs: InputPaths, replacing: OwnFiles?
  ) throws(VLMError) {
    try Place(path, apartFrom: inputs, replacing: replacing).check()
  }

  deinit {
    if isOpen { discard() }
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
    precondition(isOpen, "committed or discarded before")
    for name in Self.ownNames { unlink(stagedPath(name)) }
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

  /// Removes everything written so far.
  package func discard() {
    precondition(isOpen, "committed or discarded before")
    isOpen = false
    try? FileManager.default.removeItem(atPath: stagingPath)
    UnfinishedFiles.end(stagingPath)
    close(lock)
  }
}

extension AtomicDirectory {
  package static let journalName = ".vlmtool-journal"
  private static let identityName = ".vlmtool-identity"
  private static let ownNames = [journalName, identityName]

  /// Empties the hidden directory unless an interrupted run with this identity left it.
  private static func claim(_ staging: String, identity: String?) throws(VLMError) -> Bool {
    let identityPath = staging + "/" + identityName
    if let identity, let found = try? String(contentsOfFile: identityPath, encoding: .utf8), found == identity
    {
      return true
    }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: staging)) ?? []
    do {
      for name in names { try FileManager.default.removeItem(atPath: staging + "/" + name) }
      if let identity { try identity.write(toFile: identityPath, atomically: false, encoding: .utf8) }
    } catch {
      throw VLMError(.outputCreateFailed, "cannot prepare this directory", file: staging, cause: error)
    }
    return false
  }
}
