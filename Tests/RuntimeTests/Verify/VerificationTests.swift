import Foundation
import Mapping
import Runtime
import Tensors
import TestSupport
import Testing

@Suite struct VerificationTests {
  /// A recorded forward pass beside the checkpoints it belongs to.
  struct Case: CustomTestStringConvertible {
    let family: String
    let reference: String
    let dialect: String
    var checkpoint: String { Fixture.url("families/\(family)/\(dialect)").path }
    var file: String { Fixture.url("families/\(family)/\(reference).safetensors").path }
    var testDescription: String { "\(family) \(dialect) \(reference)" }
  }

  /// Every recorded pass of every family, with every dialect that its weights are stored in.
  static let cases: [Case] = try! contents("families").flatMap { family in
    let entries = try contents("families/\(family)")
    let dialects = entries.filter { !$0.contains(".") }
    return entries.filter { $0.hasSuffix(".safetensors") }.flatMap { file in
      dialects.map { Case(family: family, reference: String(file.dropLast(12)), dialect: $0) }
    }
  }

  private static func contents(_ folder: String) throws -> [String] {
    guard !folder.hasSuffix(".json") else { return [] }
    return try FileManager.default.contentsOfDirectory(atPath: Fixture.url(folder).path).sorted()
  }

  @Test(arguments: cases) func agreesWithTransformers(_ test: Case) throws {
    let report = try Verification.run(
      try MappedCheckpoint.open(test.checkpoint), reference: test.file)
    #expect(report.taps.count >= (test.reference == "generation" ? 1 : 3))
    for tap in report.taps {
      #expect(tap.passed, "\(tap.name): \(tap.relativeError ?? .nan) \(tap.defect ?? "")")
      // Tokens have no direction.
      #expect(tap.cosine ?? (tap.name == "greedy.ids" ? 1 : 0) > 0.999_999)
    }
    #expect(report.passed)
  }
}
