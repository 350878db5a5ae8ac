import Foundation
import TestSupport
import Testing

/// Rules of the house that no compiler checks.
@Suite struct HouseTests {
  static let repository = Fixture.root.deletingLastPathComponent()

  static func files(under folder: String, endings: [String]) -> [URL] {
    let enumerator = FileManager.default.enumerator(
      at: repository.appending(path: folder), includingPropertiesForKeys: nil)
    return (enumerator?.allObjects as? [URL] ?? []).filter { endings.contains($0.pathExtension) }
  }

  @Test func filesStaySmall() throws {
    for folder in ["Sources", "Tests", "formats"] {
      for file in Self.files(under: folder, endings: ["swift", "c", "h"]) {
        let lines = try String(contentsOf: file, encoding: .utf8).split(
          separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count <= 500, "\(file.path) has \(lines.count) lines: does it hold two things?")
      }
    }
  }

  @Test func manifestNamesEveryFixture() throws {
    struct Manifest: Decodable {
      struct Entry: Decodable { let path: String; let what: String; let made_by: String }
      let fixtures: [Entry]
    }
    let manifest = try JSONDecoder().decode(
      Manifest.self, from: Data(contentsOf: Fixture.url("MANIFEST.json")))
    let paths = manifest.fixtures.map(\.path)
    #expect(paths == paths.sorted(), "keep MANIFEST.json sorted by path")
    for entry in manifest.fixtures {
      #expect(
        FileManager.default.fileExists(atPath: Fixture.url(entry.path).path), "\(entry.path) is not there")
    }
    let covered = { (path: String) in
      paths.contains { path == $0 || path.hasPrefix($0.hasSuffix("/") ? $0 : $0 + "/") }
    }
    let scripts = ["oracle/", "bench/", "fuzz/", "MANIFEST.json"]
    for file in Self.files(
      under: "fixtures", endings: ["safetensors", "h5", "hdf5", "json", "json5", "png", "jpg", "gz"])
    {
      let path = String(file.path.dropFirst(Fixture.root.path.count + 1))
      if scripts.contains(where: path.hasPrefix) { continue }
      #expect(covered(path), "\(path) has no line in MANIFEST.json")
    }
  }
}
