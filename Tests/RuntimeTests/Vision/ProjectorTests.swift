import Foundation
import Runtime
import TestSupport
import Tensors
import Testing

@testable import Mapping

/// A new projector is a value: parameters, checks and forward pass follow from the layers it lists.
@Suite struct ProjectorTests {
  /// Layers in another order than any family has them.
  private static let toy = ProjectorKind("toy") { projector, vision in
    [
      .norm("before", .layerNorm, epsilon: 1e-6), .linear("narrow", outputs: 8, bias: true, .relu),
      .merge(side: vision.spatialMergeSize), .unitLength,
      .linear("wide", outputs: projector.outputWidth, bias: false), .norm("after", .rmsNorm, epsilon: 1e-6),
    ]
  }

  /// Parameters that differ everywhere, gains of norms too.
  private struct Drawn: ParameterSource {
    let inventory: ParameterInventory

    func shape(of parameter: String) -> Shape? { inventory[parameter].map { Shape($0.shape) } }
    func floats(_ parameter: String) throws -> FloatTensor {
      var generator = SeededGenerator(seed: SeededGenerator.hash(of: parameter))
      return FloatTensor(try #require(shape(of: parameter))) {
        for index in $0.indices { $0[index] = Float.random(in: -0.5...0.5, using: &generator) }
      }
    }
    func rows(_ parameter: String) throws -> [[Double]] {
      let values = try floats("projector." + parameter)
      let width = values.shape.dimensions.last!
      return stride(from: 0, to: values.shape.count, by: width).map { start in
        values.values[start..<start + width].map(Double.init)
      }
    }
  }

  private static func configuration(_ checkpoint: MappedCheckpoint) -> ModelConfiguration {
    var configuration = checkpoint.configuration
    configuration.projector?.kind = toy
    return configuration
  }

  private static func checkpoint() throws -> MappedCheckpoint {
    try .open(Fixture.url("families/qwen2_vl/transformers-5").path)
  }

  @Test func kindsHaveNamesOfTheirOwn() {
    #expect(Set(ProjectorKind.all.map(\.rawValue)).count == ProjectorKind.all.count)
    for kind in ProjectorKind.all { #expect(ProjectorKind(rawValue: kind.rawValue) == kind) }
  }

  @Test func anAdditionHasItsParameters() throws {
    let configuration = Self.configuration(try Self.checkpoint())
    let (vision, outputs) = (try #require(configuration.vision), try #require(configuration.projector).outputWidth)
    let own = ParameterInventory(configuration).parameters.filter { $0.component == .projector }
    #expect(
      own.map { "\($0.name) \($0.shape)" } == [
        "projector.before.weight [\(vision.width)]", "projector.before.bias [\(vision.width)]",
        "projector.narrow.weight [8, \(vision.width)]", "projector.narrow.bias [8]",
        "projector.wide.weight [\(outputs), 32]", "projector.after.weight [\(outputs)]",
      ])
  }

  @Test func anAdditionIsComputedAsItsLayersSay() throws {
    let checkpoint = try Self.checkpoint()
    let configuration = Self.configuration(checkpoint)
    let source = Drawn(inventory: ParameterInventory(configuration))
    let model = try VisionModel(parameters: source, configuration: configuration, of: checkpoint)
    let last = Stage.vision(.block(configuration.vision!.depth - 1))
    let image = VisionModelTests.image(model, PatchGrid(rows: 6, columns: 4), seed: 3)
    let activations = try model.run([image], taps: [last, .projector])

    func product(_ x: [Double], _ weight: [[Double]]) -> [Double] {
      weight.map { row in zip(row, x).reduce(0) { $0 + $1.0 * $1.1 } }
    }
    func square(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 } }
    let (gain, offset) = (try source.rows("before.weight")[0], try source.rows("before.bias")[0])
    let (narrow, bias) = (try source.rows("narrow.weight"), try source.rows("narrow.bias")[0])
    let tokens = activations[last][0].values
    let hidden = (0..<tokens.rowCount).map { row in
      let x = tokens.values[row * tokens.rowWidth..<(row + 1) * tokens.rowWidth].map(Double.init)
      let mean = x.reduce(0, +) / Double(x.count)
      let deviation = (square(x.map { $0 - mean }) / Double(x.count) + 1e-6).squareRoot()
      let normed = x.indices.map { (x[$0] - mean) / deviation * gain[$0] + offset[$0] }
      return zip(product(normed, narrow), bias).map { max(0, $0 + $1) }
    }
    let (wide, lastGain) = (try source.rows("wide.weight"), try source.rows("after.weight")[0])
    // Squares are packed one after another in this family.
    let expected = stride(from: 0, to: hidden.count, by: 4).flatMap { first in
      let joined = hidden[first..<first + 4].flatMap(\.self)
      let length = square(joined).squareRoot()
      let y = product(joined.map { $0 / length }, wide)
      let root = (square(y) / Double(y.count) + 1e-6).squareRoot()
      return y.indices.map { y[$0] / root * lastGain[$0] }
    }
    let found = activations[.projector][0]
    #expect(found.values.shape.dimensions == [6, configuration.projector!.outputWidth])
    #expect(found.pictures[0].grid == PatchGrid(rows: 3, columns: 2))
    #expect(zip(found.values.values, expected).allSatisfy { abs(Double($0) - $1) <= 1e-5 }, "f32 against f64")
  }

  /// Sizes that come from a configuration are refused by what they are for.
  @Test func layersRefuseSizes() throws {
    let checkpoint = try Self.checkpoint()
    func refusal(_ kind: ProjectorKind, change: (inout ProjectorConfiguration) -> Void = { _ in }) -> String? {
      var configuration = checkpoint.configuration
      configuration.projector!.kind = kind
      change(&configuration.projector!)
      do throws(VLMError) { try configuration.validate(file: "config.json") } catch {
        return error.code == .configValue ? error.message : "\(error)"
      }
      return nil
    }
    #expect(refusal(Self.toy) == nil && refusal(.merger) == nil)
    #expect(refusal(Self.toy) { $0.outputWidth = 0 } == "projector.outputWidth cannot be 0, only 1 to 1048576")
    #expect(refusal(.merger) { $0.outputWidth = 7 }?.hasPrefix("projector.outputWidth is 7, projector ends in ") == true)
    #expect(refusal(.merger) { $0.layerWidths = [] } == "projector has no linear layers, or too many")
    #expect(refusal(.merger) { $0.layerWidths[0] = -1 } == "projector.layers.0 cannot be -1, only 1 to 1048576")
    #expect(refusal(.latentQueries) == "projector.latents cannot be 0, only 1 to 65536")
    #expect(
      refusal(.latentQueries) { ($0.latents, $0.latentHeads) = (4, 5) }?.contains("does not divide into 5 heads") == true)
    #expect(refusal(.pooledLinear) == "pooled_linear projects what the encoder does not pool")
  }
}
