import Tensors
import Testing

@testable import Mapping

@Suite struct TransformTests {
  private let symbols: ConfigurationSymbols = {
    var configuration = ModelConfiguration(family: "toy", dialect: "one")
    configuration.projector = ProjectorConfiguration(
      kind: .mlp, outputWidth: 4, layerWidths: [4], bias: true, activation: .gelu, norm: nil,
      normEpsilon: 1e-6)
    return ConfigurationSymbols(configuration)
  }()

  static let single: [(Transform, [Int], [Int])] = [
    (.transpose([1, 0]), [6, 4], [4, 6]),
    (.transpose([2, 0, 1]), [2, 3, 4], [4, 2, 3]),
    (
      .reshape(from: [.fixed(2), .product(["projector.outputWidth", "3"])], to: [.fixed(6), .rest]), [2, 12],
      [6, 4]
    ),
    (.reshape(from: [], to: [.fixed(1)]), [], [1]),
    (.squeeze([0, 1]), [1, 1, 8], [8]),
    (.squeeze([1]), [3, 1, 2], [3, 2]),
    (.rotaryHalves(axis: 0, heads: .fixed(2)), [8, 3], [8, 3]),
    (.rotaryHalves(axis: 1, heads: .product(["projector.outputWidth"])), [2, 16], [2, 16]),
    (.scale(0.25), [3, 5], [3, 5]),
  ]

  @Test(arguments: single) func undoesItself(transform: Transform, before: [Int], after: [Int]) throws {
    let layout = TensorLayout(source: "a", shape: before)
    let result = try transform.apply(layout, symbols)
    #expect(result.shape == after)
    let back = try transform.undo(result, symbols)
    #expect(back.shape == before)
    #expect(back.contiguous == layout.contiguous)
  }

  @Test func rotaryHalvesSeparatesPairs() throws {
    let layout = try Transform.rotaryHalves(axis: 0, heads: .fixed(2)).apply(
      TensorLayout(source: "a", shape: [8]), symbols)
    var order: [Int] = []
    layout.forEachRun(in: 0..<8) { _, from, _, stride, count in
      order += (0..<count).map { from + $0 * stride }
    }
    #expect(order == [0, 2, 1, 3, 4, 6, 5, 7])
  }

  @Test(arguments: [Transform.split(axis: 0), .split(axis: 1), .unstack(axis: 0), .unstack(axis: 1)])
  func fansBothWays(step: Transform) throws {
    let layout = TensorLayout(source: "a", shape: [4, 4, 2])
    let (_, isNew) = step.fanAxis
    let parts = try step.takeApart(layout, extents: isNew ? [1, 1, 1, 1] : [1, 2, 1])
    #expect(parts.allSatisfy { $0.shape.count == (isNew ? 2 : 3) })
    #expect(try step.putTogether(parts).contiguous == layout.contiguous)
  }

  @Test func refusesShapesThatDoNotFit() {
    let layout = TensorLayout(source: "a", shape: [6, 4])
    #expect(throws: VLMError.self) { try Transform.squeeze([0]).apply(layout, symbols) }
    #expect(throws: VLMError.self) {
      try Transform.rotaryHalves(axis: 0, heads: .fixed(4)).apply(layout, symbols)
    }
    #expect(throws: VLMError.self) { try Transform.split(axis: 0).takeApart(layout, extents: [3, 4]) }
    #expect(throws: VLMError.self) { try Transform.transpose([0, 1, 2]).apply(layout, symbols) }
    #expect(throws: VLMError.self) {
      try Transform.reshape(from: [.product(["vision.width"]), .rest], to: [.rest]).apply(layout, symbols)
    }
  }
}
