import Foundation
import Mapping
import Quantization
import Runtime
import Tensors
import TestSupport
import Testing

@Suite struct PrecisionTests {
  /// A checkpoint's parameters as a file of int8 weights would hold them.
  struct StoredInt8: ParameterSource {
    let checkpoint: MappedCheckpoint
    let kept: Set<String>

    func shape(of parameter: String) -> Shape? { checkpoint.shape(of: parameter) }

    func codes(_ parameter: String) throws -> (codes: [Int8], scales: [Float], shape: Shape)? {
      guard checkpoint.inventory[parameter]?.role == .linear, !kept.contains(parameter) else { return nil }
      let weights = try checkpoint.floats(parameter)
      var codes = [Int8](repeating: 0, count: weights.shape.count)
      var scales = [Float](repeating: 0, count: weights.rowCount)
      let unfit = Kernels.active.quantizeRows(
        weights.base, of: .f32, rows: weights.rowCount, width: weights.rowWidth, group: weights.rowWidth,
        codes: &codes, scales: &scales)
      precondition(unfit == nil)
      return (codes, scales, weights.shape)
    }

    func floats(_ parameter: String) throws -> FloatTensor {
      guard let (codes, scales, shape) = try codes(parameter) else { return try checkpoint.floats(parameter) }
      return FloatTensor(codes.enumerated().map { Float($1) * scales[$0 / shape[1]] }, shape: shape)
    }

    func int8(_ parameter: String) throws -> PackedWeights? {
      guard let (codes, scales, shape) = try codes(parameter) else { return nil }
      return PackedWeights(codes: codes, scales: scales, outputs: shape[0], inputs: shape[1])
    }
  }

  static func checkpoint(_ family: String) throws -> MappedCheckpoint {
    try .open(Fixture.url("families/\(family)/transformers-5").path)
  }

  static func stored(_ family: String, scheme: String, keeping kept: [String] = []) throws -> VisionModel {
    let checkpoint = try checkpoint(family)
    var configuration = checkpoint.configuration
    configuration.quantization = QuantizationConfiguration(
      scheme: scheme, granularity: .channel, kept: kept)
    return try VisionModel(
      parameters: StoredInt8(checkpoint: checkpoint, kept: Set(kept)), configuration: configuration,
      of: checkpoint)
  }

  /// Activations of the last stage, all images in one row.
  static func output(_ model: VisionModel) throws -> [Float] {
    let images = [
      VisionModelTests.image(model, PatchGrid(rows: 4, columns: 6), seed: 1),
      VisionModelTests.image(model, PatchGrid(rows: 4, columns: 4), seed: 2),
    ]
    let stage = model.stages.last!
    return try model.run(images, taps: [stage])[stage].flatMap(\.values.values)
  }

  static func cosine(_ a: [Float], _ b: [Float]) -> Double {
    func dot(_ a: [Float], _ b: [Float]) -> Double {
      zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    return dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
  }

  @Test(arguments: VisionModelTests.families) func int8StaysNearFloat32(_ family: String) throws {
    let float = try Self.output(VisionModelTests.model(family, .float32))
    let int8 = try Self.output(VisionModelTests.model(family, .int8))
    // Weights here are random and 32 wide, which rounds worse than a trained model of real width.
    #expect(Self.cosine(float, int8) > 0.999)
    #expect(float != int8)
  }

  @Test(arguments: VisionModelTests.families) func storedCodesRunAsThoseMadeOnLoad(_ family: String) throws {
    let loaded = try Self.output(VisionModelTests.model(family, .int8))
    let stored = try Self.output(Self.stored(family, scheme: "w8a8"))
    #expect(stored == loaded)
  }

  @Test(arguments: VisionModelTests.families) func weightOnlyKeepsActivationsInFloat32(_ family: String)
    throws
  {
    let weightOnly = try Self.output(Self.stored(family, scheme: "w8a16"))
    let both = try Self.output(Self.stored(family, scheme: "w8a8"))
    let float = try Self.output(VisionModelTests.model(family, .float32))
    #expect(weightOnly != both && weightOnly != float)
    #expect(Self.cosine(weightOnly, float) > 0.999)
  }

  @Test func keptLayersStayInFloat32() throws {
    let kept = [
      "vision.blocks.0.attention.key.weight", "vision.blocks.1.mlp.gate.weight", "projector.layers.1.weight",
    ]
    let some = try Self.output(Self.stored("qwen2_5_vl", scheme: "w8a8", keeping: kept))
    let none = try Self.output(Self.stored("qwen2_5_vl", scheme: "w8a8"))
    let float = try Self.output(VisionModelTests.model("qwen2_5_vl", .float32))
    #expect(some != none)
    #expect(Self.cosine(some, float) > Self.cosine(none, float))
  }

  /// In which arithmetic weights run is the scheme's to say, so that one nobody knows is refused and not guessed.
  @Test func aSchemeThatIsNotThereIsRefused() {
    let error = #expect(throws: VLMError.self) { try Self.stored("qwen2_5_vl", scheme: "w4a4") }
    #expect(error?.code == .schemeUnknown)
  }
}
