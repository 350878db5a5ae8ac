internal import Files
internal import Foundation
internal import Synchronization
internal import Tensors

/// What a write has finished so far, kept in the staging directory so that a run after a kill goes on from there.
///
/// One line a finished job, appended after its last byte was handed to the system. Within one boot of the machine
/// the page cache outlives a killed process, so those bytes are there; after a reboot they may not be, and each
/// job is checked against its hash before it counts as done. Each share of the work has a journal of its own; all of them are read.
final class WriteJournal: Sendable {
  struct Entry: Sendable {
    let sha256: String
    let sourceSHA256: String?
    /// Whether the bytes must be read again and compared before they are believed.
    let needsCheck: Bool
  }

  private let file: OutputFile
  private let end: Mutex<Int>
  /// Finished jobs of the run before.
  let finished: [Int: Entry]

  /// - Parameter fingerprint: names the layout; a journal of another one is dropped.
  /// - Throws: `output.busy` where another run does the same share.
  init(in directory: AtomicDirectory, fingerprint: String) throws(VLMError) {
    let header = "vlmtool-journal 1 \(fingerprint) "
    let boot = Self.bootIdentity()
    var finished: [Int: Entry] = [:]
    for name in Self.names(in: directory) {
      let old = (try? String(contentsOfFile: directory.stagedPath(name), encoding: .utf8)) ?? ""
      finished.merge(Self.parse(old, header: header, boot: boot)) { $0.needsCheck ? $1 : $0 }
    }
    self.finished = finished
    file = try OutputFile(directory.stagedPath(Self.name(of: directory.share)))
    try file.lock()
    try file.setByteCount(0)
    end = Mutex(0)
    try append(header + boot + "\n")
    for (job, entry) in finished.sorted(by: { $0.key < $1.key }) where !entry.needsCheck {
      try finish(job, sha256: entry.sha256, sourceSHA256: entry.sourceSHA256)
    }
  }

  private static func name(of share: Share?) -> String {
    AtomicDirectory.journalName + (share.map { "-\($0.place)-of-\($0.count)" } ?? "")
  }

  private static func names(in directory: AtomicDirectory) -> [String] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: directory.stagingPath)
    return names?.filter { $0.hasPrefix(AtomicDirectory.journalName) }.sorted() ?? []
  }

  /// For files that are not those of an interrupted run.
  static func remove(from directory: AtomicDirectory) {
    for name in names(in: directory) { removeFile(directory.stagedPath(name)) }
  }

  func finish(_ job: Int, sha256: String, sourceSHA256: String?) throws(VLMError) {
    try append("\(job) \(sha256) \(sourceSHA256 ?? "-")\n")
  }

  private func append(_ line: String) throws(VLMError) {
    let bytes = Array(line.utf8)
    let offset = end.withLock { end in
      defer { end += bytes.count }
      return end
    }
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(VLMError) in try file.write(bytes, at: offset) }
    }
    try result.get()
  }

  private static func parse(_ text: String, header: String, boot: String) -> [Int: Entry] {
    // The last piece is empty, or a line that the kill cut short.
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    guard let first = lines.first, first.hasPrefix(header) else { return [:] }
    let sameBoot = first.dropFirst(header.count) == boot && !boot.isEmpty
    var finished: [Int: Entry] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: " ")
      guard parts.count == 3, let job = Int(parts[0]), parts[1].utf8.count == 64 else { continue }
      finished[job] = Entry(
        sha256: String(parts[1]), sourceSHA256: parts[2] == "-" ? nil : String(parts[2]),
        needsCheck: !sameBoot)
    }
    return finished
  }

  /// Differs from boot to boot; empty where the system does not say, and then everything is checked.
  private static func bootIdentity() -> String {
    let text = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
    return text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
  }
}
