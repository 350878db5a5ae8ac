public import Foundation

/// Files under `fixtures/`, found from this source file's own place in the repository.
public enum Fixture {
  public static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "fixtures")

  public static func url(_ path: String) -> URL { root.appending(path: path) }

  /// A fresh directory for the duration of `body`.
  @discardableResult
  public static func withTemporaryDirectory<R>(_ body: (URL) throws -> R) throws -> R {
    let directory = FileManager.default.temporaryDirectory.appending(path: "vlmtool-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    return try body(directory)
  }
}
