import Checkpoints
import Files
import Foundation
import Tensors
import TestSupport
import Testing

/// Every file of `fixtures/broken` gets the error that its rule has, naming file and tensor; see `make_broken.py`.
@Suite struct BrokenFileTests {
  struct Expectation: Decodable {
    let code: String
    let tensor: String?
  }

  static let root = Fixture.url("broken")
  static let expectations = try! JSONDecoder().decode(
    [String: Expectation].self, from: Data(contentsOf: root.appending(path: "EXPECTED.json")))
  static let cases = expectations.keys.sorted()

  @Test func everyFileHasAnExpectation() throws {
    let files = try #require(FileManager.default.enumerator(atPath: Self.root.path))
    for case let file as String in files {
      var isDirectory: ObjCBool = false
      _ = FileManager.default.fileExists(
        atPath: Self.root.appending(path: file).path, isDirectory: &isDirectory)
      if isDirectory.boolValue || file == "EXPECTED.json" { continue }
      let folder = file.split(separator: "/").dropLast().joined(separator: "/")
      #expect(
        Self.expectations[file] != nil || Self.expectations[folder] != nil,
        "\(file) is not in EXPECTED.json; run fixtures/oracle/make_broken.py")
    }
  }

  @Test(arguments: cases) func isRefused(name: String) throws {
    let expectation = try #require(Self.expectations[name])
    let path = Self.root.appending(path: name).path
    let error = try #require(
      #expect(throws: VLMError.self) {
        if name.hasPrefix("hdf5/") {
          try readAll(HDF5File(path))
        } else if name.hasPrefix("parquet/") {
          try readAll(ParquetFile(path))
        } else if name.hasPrefix("gguf-tokenizer/") {
          _ = try Checkpoint.open(path).standIns?.contents(of: "tokenizer.json")
        } else {
          _ = try Checkpoint.open(path)
        }
      })
    #expect(error.code.rawValue == expectation.code, "\(error)")
    #expect(error.tensor == expectation.tensor, "\(error)")
    // A directory's fault may stand in a file of it.
    #expect(error.file?.hasPrefix(path) == true, "\(error)")
    #expect("\(error)".hasPrefix(path))
    // One line, and nothing in it that a terminal would obey.
    #expect(
      !"\(error)".unicodeScalars.contains { $0.properties.generalCategory == .control || $0 == "\u{202e}" })
    #expect("\(error)".count < 1000)
    #expect(!error.message.isEmpty)
  }

  /// Every rule has a file that breaks it, but those that a file in git cannot break.
  @Test func everyRuleIsBroken() throws {
    let broken = Set(Self.expectations.values.map(\.code))
    for code in DeclaredCodes.ofReaders where !DeclaredCodes.testedElsewhere.contains(code) {
      #expect(broken.contains(code), "no file in fixtures/broken for \(code)")
    }
  }

  private func readAll(_ file: HDF5File) throws {
    for name in try file.root.attributeNames() { _ = try file.root.attribute(name) }
    for dataset in try file.datasets() {
      for name in try dataset.attributeNames() { _ = try dataset.attribute(name) }
      if dataset.element == .strings {
        _ = try dataset.strings(limit: 1 << 24)
      } else {
        _ = try dataset.bytes()
      }
    }
  }

  private func readAll(_ file: ParquetFile) throws {
    for column in file.columns where column.listDepth == 0 {
      if case .integer = column.type { _ = try file.rowGroups(where: column, equals: 2) }
    }
    for field in file.fields { _ = try file.values(field) }
  }
}
