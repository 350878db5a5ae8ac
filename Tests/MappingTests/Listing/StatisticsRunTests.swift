@testable import Checkpoints
import Files
import Foundation
import Tensors
import TestSupport
import Testing
@testable import Checkpoints
@testable import Mapping

/// Figures as NumPy has them (`make_statistics.py`), whatever the threads.
@Suite struct StatisticsRunTests {
  struct Expected: Decodable {
    let tensors: [String: TensorStatistics]
    let constants: [String: Double]
    let duplicates: [[String]]
    let notFinite: [String]
  }

  private func inspection(_ path: String) throws -> TensorListing {
    var options = Inspection.Options()
    options.statistics = true
    return try #require(try Inspection(of: path, options).listing)
  }

  /// f64 sums in another order than NumPy's: 1e-12 of the largest value.
  private static func isNear(_ one: Double?, _ other: Double?, scale: Double) -> Bool {
    guard let one, let other else { return one == nil && other == nil }
    return abs(one - other) <= 1e-12 * max(scale, .leastNormalMagnitude)
  }

  @Test func figuresAreThoseOfNumPy() throws {
    let expected = try JSONDecoder().decode(
      Expected.self, from: Data(contentsOf: Fixture.url("containers/statistics.json")))
    let listing = try inspection(Fixture.url("containers/statistics.safetensors").path)
    let tensors = try #require(listing.tensors)
    #expect(tensors.map(\.name) == expected.tensors.keys.sorted())
    for tensor in tensors {
      let own = try #require(tensor.statistics, "\(tensor.name)")
      let theirs = try #require(expected.tensors[tensor.name])
      #expect(own.minimum == theirs.minimum && own.maximum == theirs.maximum, "\(tensor.name)")
      let scale = max(abs(theirs.minimum ?? 0), abs(theirs.maximum ?? 0))
      #expect(Self.isNear(own.mean, theirs.mean, scale: scale), "\(tensor.name) \(own) \(theirs)")
      #expect(Self.isNear(own.deviation, theirs.deviation, scale: scale), "\(tensor.name) \(own) \(theirs)")
      #expect(own.zeros == theirs.zeros && own.nans == theirs.nans, "\(tensor.name)")
      #expect(own.infinities == theirs.infinities, "\(tensor.name)")
    }
    let findings = try #require(listing.findings)
    #expect(
      Dictionary(uniqueKeysWithValues: findings.constants.map { ($0.name, $0.value) }) == expected.constants)
    #expect(findings.duplicates == expected.duplicates)
    #expect(findings.notFinite == expected.notFinite)
    #expect(findings.withoutStatistics == 0)
  }

  /// More than one slice: 0, 1, 2, …, whose mean and deviation are known.
  @Test func slicesAddUp() throws {
    let count = 700_001
    try Fixture.withTemporaryDirectory { directory in
      let file = directory.appending(path: "model.safetensors")
      let header = "{\"x\":{\"dtype\":\"F32\",\"shape\":[\(count)],\"data_offsets\":[0,\(count * 4)]}}"
      var data = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) } + Data(header.utf8)
      (0..<count).map(Float.init).withUnsafeBytes { data += Data($0) }
      try data.write(to: file)
      let found = try #require(try inspection(file.path).tensors?[0].statistics)
      let n = Double(count)
      #expect(found.minimum == 0 && found.maximum == n - 1 && found.zeros == 1)
      #expect(Self.isNear(found.mean, (n - 1) / 2, scale: n))
      #expect(Self.isNear(found.deviation, ((n * n - 1) / 12).squareRoot(), scale: n))
    }
  }

  /// Chunked and packed data sets, big-endian ones, and plain ones all give what their values give.
  @Test func packedDataSets() throws {
    let path = Fixture.url("containers/types.h5").path
    let listing = try inspection(path)
    let file = try HDF5File(path)
    for tensor in try #require(listing.tensors) {
      guard let statistics = tensor.statistics else { continue }
      let values = try file.dataset("/" + tensor.name).values(Double.self).filter(\.isFinite)
      #expect(statistics.minimum == values.min() && statistics.maximum == values.max(), "\(tensor.name)")
    }
    #expect(try #require(listing.tensors).contains { $0.statistics != nil })
  }

  /// Blocks of quantized types have no figures; plain numbers beside them have.
  @Test func ggufHeaders() throws {
    let listing = try inspection(Fixture.url("containers/gguf/version3.gguf").path)
    let tensors = try #require(listing.tensors)
    #expect(tensors.first { $0.name == "blk.0.q8_0.weight" }?.statistics == nil)
    #expect(tensors.first { $0.name == "number.i64" }?.statistics?.minimum == -3)
    #expect(listing.findings?.withoutStatistics == 6)
    // Both biases are row 0 of their weights, and the integers are the same numbers in other types.
    #expect(listing.findings?.notFinite == [])
  }
}
