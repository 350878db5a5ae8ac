@testable import Reports
import Testing

@Suite struct StageAxisTests {
  static func stages(_ blocks: Int) -> [StageAxis.Stage] {
    [StageAxis.Stage(name: "pixels", label: "pixels", isInput: true)]
      + (0..<blocks).map { StageAxis.Stage(name: "vision block \($0)", label: "\($0)", block: $0) }
      + [
        StageAxis.Stage(name: "norm", label: "norm"), StageAxis.Stage(name: "projector", label: "projector"),
      ]
  }

  @Test(arguments: [0, 1, 2, 6, 12, 27, 32, 48, 400])
  func fillsTheWidthInOrder(blocks: Int) {
    let axis = StageAxis(Self.stages(blocks), from: 50, to: 324)
    #expect(axis.positions.first == 50)
    #expect(abs((axis.positions.last ?? 0) - 324) < 1e-9)
    #expect(zip(axis.positions, axis.positions.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test(arguments: [6, 12, 27, 32, 48, 400])
  func labelsKeepTheirDistance(blocks: Int) {
    let axis = StageAxis(Self.stages(blocks), from: 50, to: 324)
    let places = axis.labelled.map { axis.positions[$0] }
    #expect(zip(places, places.dropFirst()).allSatisfy { $1 - $0 >= 19 }, "\(places)")
  }

  @Test func aLoneStageHasAPlace() {
    #expect(StageAxis([StageAxis.Stage(name: "norm", label: "norm")], from: 0, to: 10).positions == [0])
  }
}
