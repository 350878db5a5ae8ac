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

  /// The parts of each model that the recorded pass goes through.
  static let parts: [(test: VerificationTests.Case, part: String)] = cases.flatMap { test in
    let configuration = try! MappedCheckpoint.open(test.checkpoint).configuration
    let computed = [
      ("vision", configuration.vision != nil), ("language", configuration.language != nil && configuration.contrastive == nil),
    ]
    return computed.filter(\.1).map { (test, $0.0) }
  }

  /// A runtime checkpoint's files, open to changes; the header and the weights keep their length.
  private struct Contents {
    var config: String
    var header: String
    var weights: Data
  }

  /// Converts the checkpoint to the runtime's layout, changes it there, and says whether `verify` still passes; what no
  /// longer opens does not.
  private func passes(_ test: VerificationTests.Case, after change: (inout Contents) throws -> Void) throws
    -> Bool
  {
    try Fixture.withTemporaryDirectory { directory in
      let runtime = directory.appending(path: "runtime")
      let catalog = try FamilyCatalog.builtIn()
      let source = try MappedCheckpoint.open(test.checkpoint)
      let plan = try ConversionPlan(of: source, to: .runtime, catalog: catalog)
      _ = try Conversion.run(plan, Conversion.Options(output: runtime.path))

      let configFile = runtime.appending(path: "config.json")
      let weightsFile = runtime.appending(path: "model.safetensors")
      let file = try Data(contentsOf: weightsFile)
      let start = 8 + Int(file.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) })
      let original = Contents(
        config: try String(contentsOf: configFile, encoding: .utf8),
        header: String(decoding: file[8..<start], as: UTF8.self), weights: Data(file[start...]))
      var changed = original
      try change(&changed)
      #expect(changed.header.utf8.count == original.header.utf8.count)
      #expect(changed.weights.count == original.weights.count)
      try (file.prefix(8) + Data(changed.header.utf8) + changed.weights).write(to: weightsFile)
      try Data(changed.config.utf8).write(to: configFile)
      guard let opened = try? MappedCheckpoint.open(runtime.path) else { return false }
      return try Verification.run(opened, reference: test.file).passed
    }
  }

  /// Two tensors in each other's place.
  private func swap(_ one: String, _ two: String, in header: inout String) throws {
    try #require(header.contains("\"\(one)\"") && header.contains("\"\(two)\""), "\(one), \(two)")
    header = header.replacing("\"\(one)\"", with: "\"?\"").replacing("\"\(two)\"", with: "\"\(one)\"")
      .replacing("\"?\"", with: "\"\(two)\"")
  }

  /// The first square weight under that prefix, or the first matrix, in column-major order.
  private func storeByColumns(oneUnder prefix: String, in contents: inout Contents) throws {
    struct Entry: Decodable {
      let shape: [Int]
      let offsets: [Int]
      enum CodingKeys: String, CodingKey { case shape, offsets = "data_offsets" }
    }
    var header = try #require(
      JSONSerialization.jsonObject(with: Data(contents.header.utf8)) as? [String: Any])
    header["__metadata__"] = nil
    let entries = try JSONDecoder().decode(
      [String: Entry].self, from: JSONSerialization.data(withJSONObject: header))
    let matrices = entries.filter { $0.key.hasPrefix(prefix) && $0.value.shape.count == 2 }
      .sorted { $0.key < $1.key }.map(\.value)
    let matrix = try #require(matrices.first { $0.shape[0] == $0.shape[1] } ?? matrices.first)
    let (rows, columns) = (matrix.shape[0], matrix.shape[1])
    let range = matrix.offsets[0]..<matrix.offsets[1]
    let bytes = [UInt8](contents.weights[range])
    let width = bytes.count / (rows * columns)
    let byColumns = (0..<columns).flatMap { column in
      (0..<rows).flatMap { row in bytes[((row * columns + column) * width)...].prefix(width) }
    }
    contents.weights.replaceSubrange(range, with: byColumns)
  }

  @Test(arguments: cases) func passesUnchanged(_ test: VerificationTests.Case) throws {
    #expect(try passes(test) { _ in })
  }

  @Test(arguments: parts)
  func swappedQueryAndKeyAreSeen(_ test: VerificationTests.Case, part: String) throws {
    #expect(
      try !passes(test) { contents in
        // Not every block has keys (Qwen3.5).
        let blocks = (0..<8).map { "\(part).blocks.\($0).attention" }
        let block = try #require(blocks.first { contents.header.contains("\"\($0).query.weight\"") })
        try swap("\(block).query.weight", "\(block).key.weight", in: &contents.header)
      })
  }

  @Test(arguments: parts)
  func otherEpsilonIsSeen(_ test: VerificationTests.Case, part: String) throws {
    #expect(
      try !passes(test) { contents in
        let root = try #require(
          JSONSerialization.jsonObject(with: Data(contents.config.utf8)) as? [String: Any])
        var own = try #require(root["vlmtool"] as? [String: Any])
        var configuration = try #require(own["configuration"] as? [String: Any])
        var section = try #require(configuration[part] as? [String: Any])
        section["normEpsilon"] = max(try #require(section["normEpsilon"] as? Double) * 1000, 1e-3)
        configuration[part] = section
        own["configuration"] = configuration
        let changed = root.merging(["vlmtool": own]) { $1 }
        contents.config = String(decoding: try JSONSerialization.data(withJSONObject: changed), as: UTF8.self)
      })
  }

  /// What no shape tells: a weight stored by columns. Square ones first, where that is the transposed weight.
  @Test(arguments: parts)
  func transposedWeightIsSeen(_ test: VerificationTests.Case, part: String) throws {
    #expect(try !passes(test) { try storeByColumns(oneUnder: "\(part).blocks.", in: &$0) })
  }
}
