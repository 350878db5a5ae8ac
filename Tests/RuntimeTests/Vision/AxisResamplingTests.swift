import Foundation
import Mapping
import TestSupport
import Testing

@testable import Runtime

@Suite struct AxisResamplingTests {
  struct Reference: Decodable {
    let side: Int
    let count: Int
    let kind: String
    /// The table's unit vectors resampled: [count, side].
    let rows: [[Float]]
  }

  /// Every way, growing, shrinking and staying, against torch (and the buckets of Idefics3).
  @Test func weighsAsTorch() throws {
    let data = try Data(contentsOf: Fixture.url("vision/resampling.json"))
    let references = try JSONDecoder().decode([Reference].self, from: data)
    #expect(references.count > 20)
    for reference in references {
      let kind = try #require(PositionResampling(rawValue: reference.kind))
      let taps = AxisResampling(kind, count: reference.count, side: reference.side).taps
      #expect(taps.count == reference.count)
      for (taps, expected) in zip(taps, reference.rows) {
        var row = [Float](repeating: 0, count: reference.side)
        for (place, weight) in zip(taps.places, taps.weights) { row[place] += weight }
        // f32 places a coordinate near 37 only to 4e-6, and torch computes it in another order.
        #expect(
          zip(row, expected).allSatisfy { abs($0 - $1) < 1e-5 },
          "\(reference.kind) \(reference.side) to \(reference.count): \(row) \(expected)")
      }
    }
  }
}
