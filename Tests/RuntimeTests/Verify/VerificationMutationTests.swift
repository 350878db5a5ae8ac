import Foundation
import Mapping
import Runtime
import Tensors
import TestSupport
import Testing

/// A model computed a little differently must not pass for the one that was recorded, whatever its family.
@Suite struct VerificationMutationTests {
  /// The recorded pass of every family, with the first dialect its weights are stored in.
  static let cases = VerificationTests.cases.filter { $0.reference == "reference" }.reduce(
    into: [VerificationTests.Case]()
  ) { cases, next in
    if cases.last?.family != next.family { cases.append(next) }
  }

  /// Converts the checkpoint to the runtime's layout, changes files there, and says whether `verify` still passes; what
  /// no longer opens does not.
  private func passes(
    _ test: VerificationTests.Case,
    after change: (_ config: inout String, _ header: inout String) throws -> Void
  ) throws -> Bool {
    try Fixture.withTemporaryDirectory { directory in
      let runtime = directory.appending(path: "runtime")
      let catalog = try FamilyCatalog.builtIn()
      let source = try MappedCheckpoint.open(test.checkpoint)
      let plan = try ConversionPlan(of: source, to: .runtime, catalog: catalog)
      _ = try Conversion.run(plan, Conversion.Options(output: runtime.path))

      let configFile = runtime.appending(path: "config.json")
      let weightsFile = runtime.appending(path: "model.safetensors")
      var config = try String(contentsOf: configFile, encoding: .utf8)
      var weights = try Data(contentsOf: weightsFile)
      let length = Int(weights.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) })
      var header = String(decoding: weights[8..<(8 + length)], as: UTF8.self)
      try change(&config, &header)
      #expect(header.utf8.count == length)
      weights.replaceSubrange(8..<(8 + length), with: Data(header.utf8))
      try weights.write(to: weightsFile)
      try Data(config.utf8).write(to: configFile)
      guard let changed = try? MappedCheckpoint.open(runtime.path) else { return false }
      return try Verification.run(changed, reference: test.file).passed
    }
  }

  /// Two tensors in each other's place.
  private func swap(_ one: String, _ two: String, in header: inout String) throws {
    try #require(header.contains("\"\(one)\"") && header.contains("\"\(two)\""), "\(one), \(two)")
    header = header.replacing("\"\(one)\"", with: "\"?\"").replacing("\"\(two)\"", with: "\"\(one)\"")
      .replacing("\"?\"", with: "\"\(two)\"")
  }

  @Test(arguments: cases) func passesUnchanged(_ test: VerificationTests.Case) throws {
    #expect(try passes(test) { _, _ in })
  }

  @Test(arguments: cases, ["vision", "language"])
  func swappedQueryAndKeyAreSeen(_ test: VerificationTests.Case, part: String) throws {
    guard try computes(part, test) else { return }
    #expect(
      try !passes(test) { _, header in
        let block = "\(part).blocks.0.attention"
        try swap("\(block).query.weight", "\(block).key.weight", in: &header)
      })
  }

  @Test(arguments: cases, ["vision", "language"])
  func otherEpsilonIsSeen(_ test: VerificationTests.Case, part: String) throws {
    guard try computes(part, test) else { return }
    #expect(
      try !passes(test) { config, _ in
        let root = try #require(
          JSONSerialization.jsonObject(with: Data(config.utf8)) as? [String: Any])
        var own = try #require(root["vlmtool"] as? [String: Any])
        var configuration = try #require(own["configuration"] as? [String: Any])
        var section = try #require(configuration[part] as? [String: Any])
        section["normEpsilon"] = max(try #require(section["normEpsilon"] as? Double) * 1000, 1e-3)
        configuration[part] = section
        own["configuration"] = configuration
        let changed = root.merging(["vlmtool": own]) { $1 }
        config = String(decoding: try JSONSerialization.data(withJSONObject: changed), as: UTF8.self)
      })
  }

  /// Whether the recorded pass goes through that part of the model.
  private func computes(_ part: String, _ test: VerificationTests.Case) throws -> Bool {
    let configuration = try MappedCheckpoint.open(test.checkpoint).configuration
    return part == "vision" ? configuration.vision != nil : configuration.language?.hasHead == true
  }
}
