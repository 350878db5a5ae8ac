import Foundation
import TestSupport
import Testing

/// Texts kept under `Goldens/`: what a renderer writes for one fixed value, for people to read and judge.
///
/// `VLMTOOL_UPDATE=1 swift test --filter ReportsTests` writes them anew.
enum Golden {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens")

  static func expect(
    _ text: String, matches name: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let file = folder.appending(path: name)
    if ProcessInfo.processInfo.environment["VLMTOOL_UPDATE"] != nil {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    let expected = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    #expect(
      text == expected,
      "\(name) differs; if that is meant: VLMTOOL_UPDATE=1 swift test --filter ReportsTests",
      sourceLocation: sourceLocation)
  }
}
