import Foundation

/// The error codes that the room's sources declare.
enum DeclaredCodes {
  static let all: [String] = {
    let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources/Checkpoints")
    let files = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)!
    var codes: Set<String> = []
    for case let file as URL in files where file.pathExtension == "swift" {
      let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
      for match in text.matches(of: /Self\("(checkpoints\.[A-Za-z0-9.-]+)"\)/) {
        codes.insert(String(match.1))
      }
    }
    return codes.sorted()
  }()

  /// Those of reading the containers; what stands in a file can cause them.
  static let ofReaders = all.filter { code in
    ["file", "directory", "json", "header", "layout", "index", "gguf", "hdf5"].contains {
      code.hasPrefix("checkpoints.\($0).")
    }
  }

  /// Caused by the file system or by a call rather than by a file's bytes; `MappedFileTests`, `HDF5FileTests`.
  static let testedElsewhere: Set<String> = [
    "checkpoints.file.notFound", "checkpoints.file.unreadable", "checkpoints.file.notRegular",
    "checkpoints.file.readFailed", "checkpoints.file.changed", "checkpoints.file.tooLarge",
    "checkpoints.hdf5.notFound", "checkpoints.hdf5.objectKind", "checkpoints.hdf5.writeFailed",
  ]
}
