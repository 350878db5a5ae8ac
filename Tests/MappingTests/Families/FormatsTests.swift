import Foundation
import TestSupport
import Testing

@testable import Mapping

/// `formats/Registry.swift` and `formats/README.md` follow from the files in `formats`.
@Suite(.serialized) struct FormatsTests {
  private let formats = Fixture.root.deletingLastPathComponent().appending(path: "formats")

  private func names(in folder: String, suffix: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: formats.appending(path: folder).path)
      .filter { $0.hasSuffix(suffix) }.sorted()
  }

  private func check(_ text: String, at name: String) throws {
    let url = formats.appending(path: name)
    if ProcessInfo.processInfo.environment["VLMTOOL_UPDATE"] == "1" {
      try text.write(to: url, atomically: true, encoding: .utf8)
      return
    }
    let found = try String(contentsOf: url, encoding: .utf8)
    #expect(
      found == text,
      "formats/\(name) is stale; mend it with: VLMTOOL_UPDATE=1 swift test --filter FormatsTests")
  }

  @Test func registryListsEveryFile() throws {
    func lines(_ folder: String, _ suffix: String = ".json5") throws -> String {
      try names(in: folder, suffix: suffix).map { name in
        let symbol = name.map { $0.isLetter || $0.isNumber ? String($0) : "_" }.joined()
        return "    (\"\(name)\", PackageResources.\(symbol)),"
      }.joined(separator: "\n")
    }
    let text = """
      /// The family files compiled into the binary; made by `VLMTOOL_UPDATE=1 swift test --filter
      /// FormatsTests`.
      package enum FamilyRegistry {
        /// File name and JSON5 text of every family in one naming dialect.
        package static let files: [(name: String, text: [UInt8])] = [
      \(try lines("families"))
        ]

        /// File name and JSON5 text of every part that they share.
        package static let parts: [(name: String, text: [UInt8])] = [
      \(try lines("parts"))
        ]

        /// File name and Markdown of every container.
        package static let containers: [(name: String, text: [UInt8])] = [
      \(try lines("containers", ".md"))
        ]
      }

      """
    try check(text, at: "Registry.swift")
  }

  @Test func readmeListsEveryRule() throws {
    let parts = try names(in: "parts", suffix: ".json5").map { name in
      try FamilyPart(parsing: Data(contentsOf: formats.appending(path: "parts/\(name)")), file: name)
    }
    let library = PartLibrary(parts)
    let families = try names(in: "families", suffix: ".json5").map { name in
      let path = formats.appending(path: "families/\(name)").path
      return (file: name, family: try FamilyFile(path: path, parts: library))
    }
    let containers = try names(in: "containers", suffix: ".md").map { name in
      let text = try String(contentsOf: formats.appending(path: "containers/\(name)"), encoding: .utf8)
      let heading = text.split(separator: "\n").first { $0.hasPrefix("# ") }
      return (file: name, title: heading.map { String($0.dropFirst(2)) } ?? name)
    }
    try check(FormatsReadme.text(families: families, parts: parts, containers: containers), at: "README.md")
  }

  @Test func fileNamesSayWhatIsInside() throws {
    for name in try names(in: "families", suffix: ".json5") {
      let path = formats.appending(path: "families/\(name)").path
      let family = try FamilyFile(path: path, parts: try .builtIn())
      #expect(name == "\(family.family).\(family.dialect).json5")
    }
  }

  @Test func catalogIsConsistent() throws { #expect(try FamilyCatalog.builtIn().files.count >= 8) }
}
