import Checkpoints
import Foundation
import Mapping
import Runtime
import TestSupport
import Testing

/// The vision side of every family and dialect that has a small checkpoint in `fixtures/families`.
@Suite struct FamilyVisionTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let family: String
    let dialect: String
    let reference: String
    var checkpoint: String { Fixture.url("families/\(family)/\(dialect)").path }
    var file: String { Fixture.url("families/\(family)/\(reference).safetensors").path }
    var testDescription: String { "\(family) \(dialect) \(reference)" }
  }

  /// Every folder with a configuration beside every reference with pixels.
  static let cases: [Case] = {
    func entries(_ path: String) -> [String] {
      let names = try? FileManager.default.contentsOfDirectory(atPath: Fixture.url(path).path)
      return (names ?? []).sorted()
    }
    return entries("families").flatMap { family in
      let files = entries("families/\(family)")
      let dialects = files.filter { entries("families/\(family)/\($0)").contains("config.json") }
      let references = ["reference", "interpolated", "video"].filter { files.contains("\($0).safetensors") }
      return dialects.flatMap { dialect in
        references.map { Case(family: family, dialect: dialect, reference: $0) }
      }
    }
  }()

  @Test func findsTheFamilies() {
    #expect(Set(Self.cases.map(\.family)).count >= 24)
    #expect(Self.cases.contains { $0.family == "openvla" } && Self.cases.contains { $0.family == "siglip2" })
  }

  @Test(arguments: cases) func agreesWithTheOriginal(_ test: Case) throws {
    let report = try Verification.run(
      try MappedCheckpoint.open(test.checkpoint), reference: test.file, only: [.vision, .projector])
    #expect(report.taps.count >= 4)
    for tap in report.taps {
      // Other orders of summing differ by some 1e-6; a layer that is wrong somewhere, by far more.
      #expect(
        tap.relativeError ?? .nan < 2e-5, "\(tap.name): \(tap.relativeError ?? .nan) \(tap.defect ?? "")")
      #expect(tap.cosine ?? 0 > 0.999_999)
    }
  }
}
