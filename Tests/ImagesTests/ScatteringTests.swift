import Checkpoints
import Foundation
import Images
import Tensors
import TestSupport
import Testing

/// Against Kymatio's Scattering2D; see fixtures/oracle/make_scattering.py.
@Suite struct ScatteringTests {
  @Test(arguments: [(56, 3, 6), (40, 2, 4), (32, 1, 8)])
  func equalsKymatio(side: Int, scales: Int, angles: Int) throws {
    let oracle = try Checkpoint.open(Fixture.url("images/scattering.safetensors").path)
    let name = "\(side).\(scales).\(angles)"
    let bytes = try oracle.withBytes(of: name + ".picture") { Array($0) }
    let expected = try oracle.withBytes(of: name + ".scattering") { Array($0.bindMemory(to: Float.self)) }
    let scattering = try Scattering(side: side, scales: scales, angles: angles)
    let found = try scattering(
      RGBImage(width: side, height: side) { _ = $0.initialize(from: bytes) })
    #expect(found.shape == [3, scattering.channels, side >> scales, side >> scales])
    #expect(found.shape.count == expected.count)
    let worst = zip(found.values, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
    #expect(worst < 1e-6, "\(worst)")
  }
}
