import Foundation

/// The error codes that the sources of the rooms for files and containers declare.
enum DeclaredCodes {
  static let all: [String] = {
    let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources")
    var codes: Set<String> = []
    for room in ["Files", "Checkpoints"] {
      let files = FileManager.default.enumerator(
        at: sources.appending(path: room), includingPropertiesForKeys: nil)!
      for case let file as URL in files where file.pathExtension == "swift" {
        let text = try! String(contentsOf: file, encoding: .utf8)
        for match in text.matches(of: /Self\("((?:files|checkpoints)\.[A-Za-z0-9.-]+)"\)/) {
          codes.insert(String(match.1))
        }
      }
    }
    return codes.sorted()
  }()

  /// Those of reading the containers; what stands in a file can cause them.
  static let ofReaders = all.filter { code in
    ["file", "directory", "json", "header", "layout", "index", "gguf", "hdf5", "parquet", "torch"].contains {
      code.hasPrefix("checkpoints.\($0).") || code.hasPrefix("files.\($0).")
    }
  }

  /// Caused by the file system or by a call rather than by a file's bytes; `MappedFileTests`, `HDF5FileTests`,
  /// `ParquetFileTests`.
  static let testedElsewhere: Set<String> = [
    "files.file.notFound", "files.file.unreadable", "files.file.notRegular",
    "files.file.readFailed", "files.file.changed", "files.file.tooLarge",
    "files.parquet.column", "files.parquet.null", "files.parquet.tooLarge",
    "files.hdf5.notFound", "files.hdf5.objectKind", "files.hdf5.writeFailed",
  ]
}
