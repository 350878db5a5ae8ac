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

  /// Of every target of Package.swift its dependencies, products of other packages left out.
  static func dependencies() throws -> [String: Set<String>] {
    let manifest = try String(contentsOf: repository.appending(path: "Package.swift"), encoding: .utf8)
    var targets: [String: Set<String>] = [:]
    for match in manifest.matches(
      of: /\.(?:target|executableTarget|testTarget)\(\s*name: "(\w+)",?(?:\s*dependencies: \[([^\]]*)\])?/)
    {
      let text = (match.2 ?? "").replacing(/\.product\([^)]*\)/, with: "")
      targets[String(match.1)] = Set(text.matches(of: /"(\w+)"/).map { String($0.1) })
    }
    return targets
  }

  /// The README's table of rooms is what the build allows.
  @Test func theHouseIsAsTheREADMESays() throws {
    let readme = try String(contentsOf: Self.repository.appending(path: "README.md"), encoding: .utf8)
    let targets = try Self.dependencies()
    var rooms: Set<String> = []
    for match in readme.matches(of: /(?m)^\| `(\w+)`(?: \(C\))? \| [^|]+ \| ?([^|]*) ?\|$/) {
      let room = String(match.1)
      guard let dependencies = targets[room] else { continue }
      rooms.insert(room)
      if match.2.hasPrefix("all") { continue }
      let named = Set(match.2.matches(of: /`(\w+)`/).map { String($0.1) })
      #expect(named == dependencies, "README's line of \(room)")
    }
    let folders = try FileManager.default.contentsOfDirectory(atPath: Self.repository.appending(path: "Sources").path)
    let withSwift = folders.filter { !Self.files(under: "Sources/\($0)", endings: ["swift"]).isEmpty }
    #expect(rooms.subtracting(["CKernels"]) == Set(withSwift), "every room has a line")
  }

  @Test func everyDependencyIsUsed() throws {
    for (target, dependencies) in try Self.dependencies() {
      let folder = ["Sources", "Tests"].map { "\($0)/\(target)" }.first {
        FileManager.default.fileExists(atPath: Self.repository.appending(path: $0).path)
      }
      guard let folder else { continue }
      let files = Self.files(under: folder, endings: ["swift"])
      // Of C no import is to be seen.
      if files.isEmpty { continue }
      let imported = try Set(
        files.flatMap { try String(contentsOf: $0, encoding: .utf8).matches(of: /(?m)^[a-z@_ ]*import (\w+)$/).map { String($0.1) } })
      #expect(dependencies.subtracting(imported).sorted() == [], "\(target) depends on these and imports none of them")
    }
  }

  @Test func noFolderHoldsOneFile() throws {
    let folders = Dictionary(grouping: Self.files(under: "Sources", endings: ["swift"])) {
      $0.deletingLastPathComponent().path
    }
    for (folder, files) in folders where files.count == 1 {
      let children = folders.keys.filter { $0.hasPrefix(folder + "/") }
      #expect(!children.isEmpty, "\(folder) holds \(files[0].lastPathComponent) alone")
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
      under: "fixtures", endings: ["safetensors", "h5", "hdf5", "json", "json5", "jsonl", "png", "jpg", "gz", "npz", "parquet", "mp4"])
    {
      let path = String(file.path.dropFirst(Fixture.root.path.count + 1))
      if scripts.contains(where: path.hasPrefix) { continue }
      #expect(covered(path), "\(path) has no line in MANIFEST.json")
    }
  }
}
