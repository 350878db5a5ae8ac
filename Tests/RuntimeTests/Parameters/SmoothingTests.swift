import Files
import Foundation
import Images
import Mapping
import TestSupport
import Tensors
import Testing

@testable import Quantization
@testable import Runtime

/// Channels that are divided in one layer and multiplied in the next.
@Suite struct SmoothingTests {
  /// The checkpoint written in floats, smoothed and as it is.
  private func smoothed(
    _ checkpoint: MappedCheckpoint, as format: OutputFormat, inputs: [String: LayerInputs] = [:], in directory: URL
  ) throws -> (checkpoint: MappedCheckpoint, plain: MappedCheckpoint, smoothing: Smoothing) {
    var plan = try ConversionPlan(of: checkpoint, to: format, catalog: .builtIn())
    let linear = plan.entries.filter { $0.role == .linear }.flatMap(\.parameters)
    let smoothing = try Smoothing(of: checkpoint, quantizing: Set(linear), inputs: inputs, progress: nil)
    func written(_ name: String) throws -> MappedCheckpoint {
      let output = directory.appending(path: format.name + name)
      _ = try Conversion.run(plan, Conversion.Options(output: output.path))
      return try MappedCheckpoint.open(output.path)
    }
    let plain = try written(" plain")
    try plan.rescale(smoothing.factors)
    return (try written(" smooth"), plain, smoothing)
  }

  /// The model in floats is the same to the last bit, in whatever order and company its layout keeps weights.
  @Test(arguments: [
    "qwen2_vl/transformers-4", "qwen2_vl/transformers-5", "qwen2_5_vl/transformers-4", "qwen3_vl/transformers", "qwen3_vl_moe/transformers",
    "clip/transformers-5", "siglip/transformers-5", "siglip2/transformers", "dinov2_gated/transformers-gated", "vit/transformers",
    "kosmos2/transformers", "paligemma/transformers-4", "paligemma2/transformers-4", "llava_next_mistral/transformers-4",
    "internvl_qwen3/transformers", "internvl_qwen2/native", "idefics3/transformers", "smolvlm/transformers",
    "gemma3/transformers-4", "qwen3_5/transformers", "eagle2_5_vl/native", "eagle2_5_vl_qwen3/native-linear",
  ])
  func floatsStayTheSame(folder: String) throws {
    let original = Fixture.url("families/\(folder)")
    let checkpoint = try MappedCheckpoint.open(original.path)
    let reference = original.deletingLastPathComponent().appending(path: "reference.safetensors").path
    try Fixture.withTemporaryDirectory { directory in
      let taps = directory.appending(path: "taps.safetensors").path
      let places = SmoothingPlace.all(of: checkpoint)
      // Weights that are no norm's, too, as if all had been seen.
      var inputs: [String: LayerInputs] = [:]
      var generator = SeededGenerator(seed: 1)
      for place in places {
        let width = place.channels.count
        let tokens = FloatTensor(generator.normals(8 * width).enumerated().map { $1 * Float(1 + 40 * ($0 % width % 3)) }, shape: [8, width])
        var strengths = ColumnStrengths(width: width)
        strengths.add(tokens.base, rows: 8)
        inputs[place.watched] = LayerInputs(strengths: strengths, count: 8, tokens: tokens)
      }
      for format in [OutputFormat.runtime, .hf] {
        let (result, plain, smoothing) = try smoothed(checkpoint, as: format, inputs: inputs, in: directory)
        _ = try Recording.run(plain, inputs: .reference(reference), to: taps)
        #expect(smoothing.places.count == places.count && smoothing.places.contains { $0.strength != nil })
        let report = try Verification.run(result, reference: taps)
        // Below its normal numbers, F16 has steps of 6e-8.
        let bound = checkpoint.parameters.values.contains { $0.dtype == .f16 } ? 1e-5 : 0
        let worst = report.taps.map { $0.relativeError ?? .infinity }.max() ?? .infinity
        #expect(report.passed && worst <= bound, "\(format.name): \(worst)")
        // Something did change.
        let changed = try smoothing.factors.keys.contains { try checkpoint.floats($0).values != result.floats($0).values }
        #expect(changed, "\(format.name)")
        try FileManager.default.removeItem(atPath: taps)
      }
    }
  }

  /// Norms that multiply by `1 + weight` are left alone, and so is what would pass a function that is not linear.
  @Test func whatIsNotLinearIsNoPlace() throws {
    func names(_ folder: String) throws -> [String] {
      SmoothingPlace.all(of: try MappedCheckpoint.open(Fixture.url("families/\(folder)").path)).map(\.name)
    }
    let gemma = try names("paligemma/transformers-4")
    #expect(!gemma.contains { $0.hasPrefix("language.") && $0.contains("norm") })
    #expect(gemma.contains("language.blocks.0.mlp.up") && gemma.contains("vision.blocks.0.norm1"))
    #expect(!gemma.contains { $0.hasPrefix("vision.") && $0.hasSuffix("mlp.up") })
    // An action expert attends to the same values.
    let policy = try names("smolvla/lerobot")
    #expect(policy.contains("language.blocks.0.norm1") && !policy.contains("language.blocks.0.attention.value"))
    let kosmos = try names("kosmos2/transformers")
    #expect(kosmos.contains("language.blocks.0.mlp.norm") && kosmos.contains("language.blocks.0.attention.norm"))
    #expect(!kosmos.contains("language.blocks.0.attention.value"))
  }

  /// A layer's tokens are those that came: sums over all of them, and some of them whole.
  @Test func inputsAreWhatComes() throws {
    let checkpoint = try MappedCheckpoint.open(Fixture.url("families/qwen2_vl/transformers-4").path)
    let picture = try RGBImage(contentsOf: Fixture.url("images/frame.png").path)
    let names = try QuantizationOptions(output: "").watched(of: checkpoint)
    let watched = ObservedParameters(checkpoint, of: names)
    let sample = Sample(images: [picture])
    func run(_ model: VisionLanguageModel) throws -> Activations { try model.run([sample, sample, sample], at: Set(model.stages)) }
    let plain = try run(VisionLanguageModel(checkpoint, precision: .float32, sides: [.vision]))
    let shown = try run(VisionLanguageModel(parameters: watched, of: checkpoint, precision: .float32, sides: [.vision]))
    for stage in plain.stages { #expect(plain[stage].map(\.values.values) == shown[stage].map(\.values.values)) }
    let inputs = watched.inputs()
    #expect(Set(inputs.keys) == names.filter { $0.hasPrefix("vision.") })
    let (name, seen) = try #require(inputs.first { $0.key.hasSuffix(".mlp.up.weight") })
    #expect(seen.count % 3 == 0 && seen.count > 0 && seen.tokens.rowCount == min(64, seen.count), "\(name)")
    // A LayerNorm's output without weights would have a mean square of 1.
    let mean = seen.strengths.squares.reduce(0, +) / Double(seen.count * seen.tokens.rowWidth)
    #expect(mean > 0.01 && mean < 100)
    #expect(zip(seen.strengths.peaks, 0...).allSatisfy { peak, column in
      (0..<seen.tokens.rowCount).allSatisfy { abs(seen.tokens.values[$0 * seen.tokens.rowWidth + column]) <= peak }
    })
  }

  /// A few channels that are a hundred times the others cost int8 most of what it knows; smoothed, nearly nothing, as if they had
  /// never been planted.
  @Test(arguments: ["qwen2_vl/transformers-4", "siglip/transformers-5"]) func outliersThatWerePlantedCostNothing(folder: String) throws {
    let checkpoint = try MappedCheckpoint.open(Fixture.url("families/\(folder)").path)
    let picture = try RGBImage(contentsOf: Fixture.url("images/frame.png").path)
    try Fixture.withTemporaryDirectory { directory in
      var plan = try ConversionPlan(of: checkpoint, to: .runtime, catalog: .builtIn())
      var factors: [String: RescaledParameter] = [:]
      for place in SmoothingPlace.all(of: checkpoint) where place.isNorm {
        let powers = place.channels.map { Int8($0 % 11 == 3 ? 7 : 0) }
        for writer in place.writers { factors[writer, default: RescaledParameter()].rows = powers }
        for reader in place.readers { factors[reader, default: RescaledParameter()].columns = powers.map { -$0 } }
      }
      try plan.rescale(factors)
      let planted = directory.appending(path: "planted")
      _ = try Conversion.run(plan, Conversion.Options(output: planted.path))
      func worst(_ source: MappedCheckpoint, _ name: String, smooth: Bool) throws -> Double {
        let output = directory.appending(path: name).path
        _ = try source.quantize(QuantizationOptions(output: output).smoothing(smooth))
        let stages = try StageCosines.measure(original: source, quantized: .open(output), images: [picture])
        return stages.map(\.meanToken).min()!
      }
      let source = try MappedCheckpoint.open(planted.path)
      let (before, after) = (try worst(source, "rough", smooth: false), try worst(source, "smooth", smooth: true))
      let never = try worst(checkpoint, "never", smooth: false)
      #expect(1 - before > 10 * (1 - never), "\(before), \(never) unplanted")
      #expect(1 - after < 1.5 * (1 - never), "\(after), \(never) unplanted")
    }
  }
}
