internal import Files
internal import Foundation
package import Grounding
package import Images
package import Tensors

/// A picture of a question: a file, or bytes of a table; its size is known, its pixels are read when they are needed.
package struct QuestionPicture: Sendable {
  private enum Place: Sendable {
    case file(String)
    case table(ParquetFile, row: Int, index: Int)
  }

  private let place: Place
  /// Of two pictures alike only where they are the same.
  package let name: String
  package let size: PictureSize

  /// A file below `folder`.
  ///
  /// - Throws: `jarvis.question.picture` for one that lies elsewhere; what is wrong with the file.
  init(_ path: String, below folder: String) throws(VLMError) {
    try Self.check(path, below: folder)
    let file = folder + "/" + path
    let mapped = try MappedFile(file)
    try Self.check(resolved: file, path, below: folder)
    guard mapped.byteCount <= RGBImage.maximumFileBytes else {
      throw VLMError(.imageTooLarge, "\(mapped.byteCount) bytes, at most \(RGBImage.maximumFileBytes) are read", file: file)
    }
    let (width, height) = try RGBImage.size(decoding: mapped.bytes(0..<mapped.byteCount), file: file)
    place = .file(file)
    name = path
    size = PictureSize(width: width, height: height)
  }

  /// The bytes in a table's `image_bytes`; `name` is what the row calls them.
  init(_ table: ParquetFile, row: Int, index: Int, name: String?) throws(VLMError) {
    place = .table(table, row: row, index: index)
    self.name = name ?? "\(table.path), row \(row), picture \(index)"
    let (width, height) = try RGBImage.size(decoding: Self.bytes(table, row, index), file: table.path)
    size = PictureSize(width: width, height: height)
  }

  package func load() throws(VLMError) -> RGBImage {
    switch place {
    case .file(let path): return try RGBImage(contentsOf: path)
    case .table(let table, let row, let index): return try RGBImage(decoding: Self.bytes(table, row, index), file: table.path)
    }
  }

  private static func bytes(_ table: ParquetFile, _ row: Int, _ index: Int) throws(VLMError) -> [UInt8] {
    let found = try table.bytes(table.column("image_bytes"), rows: row..<row + 1)[0]
    return found[found.startIndex + index]
  }

  /// Refuses what leads out of the folder by its name.
  private static func check(_ path: String, below folder: String) throws(VLMError) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard !path.hasPrefix("/"), !parts.contains(".."), !path.isEmpty, !path.contains("\0") else { throw outside(path, folder) }
  }

  /// Refuses what leads out of it by a link, but for the links of the hub's cache: a name in `snapshots/<commit>` is one to a file in
  /// the `blobs` of the same repository.
  private static func check(resolved file: String, _ path: String, below folder: String) throws(VLMError) {
    let (root, real) = (resolved(folder), resolved(file))
    var folders = [root]
    let parts = root.split(separator: "/", omittingEmptySubsequences: false)
    if let snapshots = parts.lastIndex(of: "snapshots"), snapshots + 1 < parts.count {
      folders.append(parts[..<snapshots].joined(separator: "/") + "/blobs")
    }
    guard folders.contains(where: { real.hasPrefix($0.hasSuffix("/") ? $0 : $0 + "/") }) else { throw outside(path, folder) }
  }

  private static func resolved(_ path: String) -> String {
    URL(filePath: path).absoluteURL.resolvingSymlinksInPath().path(percentEncoded: false)
  }

  private static func outside(_ path: String, _ folder: String) -> VLMError {
    VLMError(
      .questionPicture, "the picture \(path) is not below \(folder)",
      remedy: "name pictures relative to the file of questions, or to --image-root")
  }
}
