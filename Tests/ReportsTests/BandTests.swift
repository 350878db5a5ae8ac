@testable import Reports
import Testing

@Suite struct BandTests {
  static func point(_ stage: Int, _ lower: Double = 0.2, _ upper: Double = 0.4) -> Series.Point {
    Series.Point(stage: stage, score: 0.3, lower: lower, upper: upper)
  }
  let y = Scale(0...1, from: 100, to: 0)

  @Test func goesForwardAboveAndBackBelow() {
    let band = Band([Self.point(0), Self.point(1)], x: { Double($0) * 10 }, y: y)
    #expect(band.outlines.count == 1)
    #expect(SVG.path(band.outlines[0], closed: true) == "M0 60L10 60L10 80L0 80Z")
  }

  @Test func stopsAtAMissingStageOrBound() {
    let points = [
      Self.point(0), Self.point(1), Self.point(3), Self.point(4), Self.point(5, .nan), Self.point(6),
    ]
    #expect(Band(points, x: { Double($0) }, y: y).outlines.count == 2)
  }

  @Test func staysInsideTheAxis() {
    let band = Band([Self.point(0, -9, 9), Self.point(1, -9, 9)], x: { Double($0) }, y: y)
    #expect(band.outlines[0].allSatisfy { (0...100).contains($0.y) })
  }
}
