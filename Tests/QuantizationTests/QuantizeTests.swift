import Checkpoints
import Foundation
import Mapping
import Quantization
import TestSupport
import Tensors
import Testing

/// Whole runs on the small checkpoints of fixtures/families.
@Suite struct QuantizeTests {
  /// What compressed-tensors made of the same checkpoint: fixtures/quantization/w8a8/FAMILY.json.
  struct Truth: Decodable {
    let source: String
    let sha256: [String: String]

    init(_ family: String) throws {
      let data = try Data(contentsOf: Fixture.url("quantization/w8a8/\(family).json"))
      self = try JSONDecoder().decode(Truth.self, from: data)
    }
  }

  static let families = ["qwen2_vl", "qwen2_5_vl", "clip", "siglip"]

  static func path(_ family: String, _ dialect: String) -> String {
    Fixture.url("families/\(family)/\(dialect)").path
  }

  /// Runs in a temporary directory and lends the output's path.
  @discardableResult static func run<R>(
    _ family: String, _ dialect: String, to format: QuantizedFormat = .runtime, scheme: String? = nil, groupSize: Int? = nil,
    _ change: (inout QuantizationOptions) throws -> Void = { _ in },
    _ body: (QuantizationReport, URL) throws -> R
  ) throws -> R {
    try Fixture.withTemporaryDirectory { directory in
      let output = directory.appending(path: "out")
      var options = try QuantizationOptions(output: output.path, format: format, scheme: scheme, groupSize: groupSize)
      try change(&options)
      return try body(try MappedCheckpoint.open(path(family, dialect)).quantize(options), output)
    }
  }

  private static func manifest(_ output: URL) throws -> Manifest {
    try JSONDecoder().decode(Manifest.self, from: Data(contentsOf: output.appending(path: "manifest.json")))
  }

  private static func configuration(_ output: URL) throws -> [String: Any] {
    let data = try Data(contentsOf: output.appending(path: "config.json"))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  @Suite struct CompressedTensors {
    /// Half of 255 steps from 0 to the largest value that came; where nothing came, floats stay; `input_activations` says so.
    @Test func staticScalesAreOfWhatCame() throws {
      let checkpoint = try MappedCheckpoint.open(QuantizeTests.path("clip", "transformers-5"))
      let watched = try QuantizationOptions(output: "", format: .compressedTensors, scheme: "w8a8-static").watched(of: checkpoint)
      let seen = watched.filter { $0.hasPrefix("vision.") }.sorted()
      try QuantizeTests.run("clip", "transformers-5", to: .compressedTensors, scheme: "w8a8-static") { options in
        for (index, name) in seen.enumerated() {
          let width = checkpoint.parameters[name]!.shape.dimensions[1]
          var tokens = [Float](repeating: 0.5, count: width)
          tokens[width - 1] = -Float(index + 1)
          var strengths = ColumnStrengths(width: width)
          strengths.add(tokens, rows: 1)
          options.inputs[name] = LayerInputs(strengths: strengths, count: 1, tokens: FloatTensor(tokens, shape: [1, width]))
        }
      } _: { report, output in
        let reader = try Checkpoint.open(output.path)
        let scales = reader.tensors.filter { $0.name.hasSuffix(".input_scale") }
        #expect(scales.count == seen.count && scales.allSatisfy { $0.shape == [1] })
        let written = try scales.map { scale in
          try reader.withBytes(of: scale.name) { bytes in
            var value: Float = 0
            withUnsafeMutablePointer(to: &value) {
              Kernels.active.convert(bytes, of: scale.dtype, to: UnsafeMutableBufferPointer(start: $0, count: 1))
            }
            return value
          }
        }
        for (value, index) in zip(written.sorted(), 1...) { #expect(abs(value * 127.5 / Float(index) - 1) < 0x1p-7) }
        #expect(report.keptLayers.contains { $0.keptBecause == .format("no calibration frame came to it") && $0.component == .language })
        let groups = try #require(
          (try QuantizeTests.configuration(output)["quantization_config"] as? [String: Any])?["config_groups"] as? [String: Any])
        let inputs = try #require((groups["group_0"] as? [String: Any])?["input_activations"] as? [String: Any])
        #expect(inputs["dynamic"] as? Bool == false && inputs["strategy"] as? String == "tensor" && inputs["symmetric"] as? Bool == true)
      }
    }

    @Test func nothingStaticWithoutALook() throws {
      let options = try QuantizationOptions(output: "out", format: .compressedTensors, scheme: "w8a8-static")
      let error = #expect(throws: VLMError.self) {
        try MappedCheckpoint.open(QuantizeTests.path("clip", "transformers-5")).quantize(options)
      }
      #expect(error?.code == .schemeRefused && error?.remedy?.contains("--calibrate") == true)
    }

    @Test(arguments: families) func everyLayerIsWhatCompressedTensorsMakesOfIt(_ family: String) throws {
      let truth = try Truth(family)
      try QuantizeTests.run(family, truth.source, to: .compressedTensors) { report, output in
        let tensors = try QuantizeTests.manifest(output).tensors
        let written = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.sha256) })
        for (name, hash) in truth.sha256 { #expect(written[name] == hash, "\(name)") }
        let layers = written.keys.filter { $0.hasSuffix(".weight_scale") }
        #expect(layers.count * 2 == truth.sha256.count)
        #expect(report.layers.count == layers.count)
      }
    }

    @Test func keptModulesAreIgnoredInEverySpelling() throws {
      try QuantizeTests.run(
        "qwen2_vl", "transformers-4", to: .compressedTensors, { $0.keep = [try NamePick("vision.blocks.1.mlp.down")] }
      ) { _, output in
        let config = try QuantizeTests.configuration(output)
        let ignore = try #require((config["quantization_config"] as? [String: Any])?["ignore"] as? [String])
        #expect(Set(ignore) == ["lm_head", "visual.blocks.1.mlp.fc2", "model.visual.blocks.1.mlp.fc2"])
        #expect(config["model_type"] as? String == "qwen2_vl")
        #expect(
          try Checkpoint.open(output.path).tensors.contains {
            $0.name == "visual.blocks.1.mlp.fc2.weight" && $0.dtype == .bf16
          })
      }
    }

    @Test func poolingAttentionStaysAndSaysWhy() throws {
      try QuantizeTests.run("siglip", "transformers-4", to: .compressedTensors) { report, _ in
        #expect(
          report.keptLayers.map(\.name).sorted() == [
            "vision_model.head.attention.in_proj_weight", "vision_model.head.attention.out_proj.weight",
          ])
      }
    }

    @Test func packedGroupsFallBackWhereTheyDoNotDivide() throws {
      try QuantizeTests.run(
        "qwen2_5_vl", "transformers-5", to: .compressedTensors, scheme: "w8a16", groupSize: 32
      ) { report, output in
        // MLP widths 54 and 108 are no multiples of 32: `down` has one scale a channel.
        #expect(report.fallbacks.count == 6)
        #expect(report.fallbacks.allSatisfy { $0.name.contains("down_proj") })
        let reader = try Checkpoint.open(output.path)
        let shapes = Dictionary(uniqueKeysWithValues: reader.tensors.map { ($0.name, $0.shape) })
        #expect(shapes["model.visual.blocks.0.mlp.down_proj.weight_scale"] == [32, 1])
        #expect(shapes["model.visual.blocks.0.mlp.down_proj.weight_packed"] == [32, 14])
        #expect(shapes["model.visual.merger.mlp.0.weight_scale"] == [128, 4])
        let config = try QuantizeTests.configuration(output)
        let groups = (config["quantization_config"] as? [String: Any])?["config_groups"] as? [String: Any]
        let targets = try #require((groups?["group_1"] as? [String: Any])?["targets"] as? [String])
        #expect(
          targets.contains("visual.blocks.0.mlp.down_proj")
            && targets.contains("model.visual.blocks.0.mlp.down_proj"))
      }
    }
  }

  @Suite struct Runtime {
    @Test(arguments: families, ["transformers-4", "transformers-5"])
    func weightsAreWithinHalfAStep(_ family: String, _ dialect: String) throws {
      try QuantizeTests.run(family, dialect) { report, output in
        let source = try MappedCheckpoint.open(QuantizeTests.path(family, dialect))
        let written = try MappedCheckpoint.open(output.path)
        #expect(written.configuration.quantization?.scheme == "w8a8")
        var quantized = 0
        for parameter in source.inventory.parameters {
          guard let descriptor = written.parameters[parameter.name] else { continue }
          let before = try source.floats(parameter.name).values
          let after = try written.floats(parameter.name).values
          guard descriptor.dtype == .i8 else {
            #expect(before == after, "\(parameter.name)")
            continue
          }
          #expect(parameter.role == .linear && parameter.name != "language.head.weight")
          quantized += 1
          let scales = try written.floats(parameter.name + "_scale")
          let width = descriptor.shape[1]
          // Half a step, and f32 rounding of the product.
          let good = before.indices.allSatisfy { index in
            abs(before[index] - after[index]) <= scales.base[index / width] * (0.5 + 1e-4)
          }
          #expect(good, "\(parameter.name)")
        }
        #expect(quantized == report.layers.count && quantized > 20)
        #expect(report.layers.allSatisfy { ($0.decibels ?? .infinity) > 30 })
      }
    }

    @Test func keptAndUnselectedLayersStay() throws {
      try QuantizeTests.run(
        "clip", "transformers-5",
        {
          $0.only = [.vision, .projector]
          $0.keep = [try NamePick("vision.blocks.0")]
        }
      ) { report, output in
        let written = try MappedCheckpoint.open(output.path)
        let int8 = written.parameters.values.filter { $0.dtype == .i8 }.map(\.name)
        #expect(int8.count == 13)
        #expect(int8.allSatisfy { !$0.hasPrefix("language") && !$0.hasPrefix("vision.blocks.0.") })
        #expect(written.configuration.quantization?.kept.contains("vision.blocks.0.mlp.up.weight") == true)
        #expect(report.components.first { $0.component == .language }?.quantizedTensors == 0)
      }
    }

    @Test func groupsWithFallbackOpenAgain() throws {
      try QuantizeTests.run(
        "qwen2_5_vl", "transformers-4", scheme: "w8a16", groupSize: 16
      ) { report, output in
        #expect(!report.fallbacks.isEmpty)
        let written = try MappedCheckpoint.open(output.path)
        #expect(written.parameters["vision.blocks.0.mlp.down.weight_scale"]?.shape == [32, 1])
        #expect(written.parameters["vision.blocks.0.mlp.up.weight_scale"]?.shape == [54, 2])
        let before = try MappedCheckpoint.open(QuantizeTests.path("qwen2_5_vl", "transformers-4"))
        let name = "vision.blocks.0.mlp.up.weight"
        let pairs = zip(try before.floats(name).values, try written.floats(name).values)
        let scales = try written.floats(name + "_scale").values
        #expect(pairs.enumerated().allSatisfy { abs($1.0 - $1.1) <= scales[$0 / 16] * 0.5001 })
      }
    }

    @Test func refusesItsOwnOutput() throws {
      try QuantizeTests.run("clip", "transformers-5") { _, output in
        let again = try QuantizationOptions(output: output.path + "-2")
        let written = try MappedCheckpoint.open(output.path)
        #expect { try written.quantize(again) } throws: { ($0 as? VLMError)?.code == .alreadyQuantized }
      }
    }

    @Test func companionFilesGoAlong() throws {
      try QuantizeTests.run("qwen2_vl", "transformers-4") { report, output in
        #expect(report.conversion.copiedFiles.contains("preprocessor_config.json"))
        #expect(
          FileManager.default.fileExists(atPath: output.appending(path: "preprocessor_config.json").path))
      }
    }
  }

  /// What is written for transformers and vLLM is read again, and has the same floats as the runtime's own int8.
  @Test(arguments: [("clip", "w8a8", nil), ("qwen2_vl", "w8a16", nil), ("qwen2_vl", "w8a16", 16)])
  func readsWhatItWroteForOthers(family: String, scheme: String, groupSize: Int?) throws {
    try Fixture.withTemporaryDirectory { directory in
      let source = try MappedCheckpoint.open(Self.path(family, "transformers-5"))
      func written(_ format: QuantizedFormat) throws -> (QuantizationReport, MappedCheckpoint) {
        let output = directory.appending(path: format.name).path
        let options = try QuantizationOptions(output: output, format: format, scheme: scheme, groupSize: groupSize)
        return (try source.quantize(options), try MappedCheckpoint.open(output))
      }
      let ((_, own), (report, other)) = (try written(.runtime), try written(.compressedTensors))
      #expect(
        other.quantized?.kinds.values.reduce(0, +) == report.layers.count
          && other.parameters.keys == source.parameters.keys)
      var compared = 0
      for name in other.parameters.keys.sorted() where own.parameters[name]?.dtype == .i8 {
        let (read, wanted) = (try other.floats(name).values, try own.floats(name).values)
        if try read == source.floats(name).values { continue }  // is kept in floats for others
        #expect(read == wanted, "\(name)")
        compared += 1
      }
      #expect(compared >= report.layers.count)
    }
  }

  /// The hub's modules stand beside the runtime's.
  @Test func layersHaveTheHubsNames() throws {
    try Self.run("qwen2_5_vl", "transformers-4") { report, _ in
      let layer = try #require(report.layers.first { $0.name == "vision.blocks.0.attention.key.weight" })
      #expect(layer.aliases == ["visual.blocks.0.attn.qkv"])
      #expect(report.layers.allSatisfy { $0.aliases?.isEmpty == false })
    }
  }

  @Test func dryRunPlansAndWritesNothing() throws {
    try Self.run("siglip", "transformers-5", { $0.conversion.dryRun = true }) { report, output in
      #expect(!FileManager.default.fileExists(atPath: output.path))
      #expect(report.dryRun && report.layers.isEmpty && report.seconds == nil)
      #expect(report.bytesAfter < report.bytesBefore && report.bytesAfter > 0)
      #expect(report.components.map(\.component) == [.vision, .language, .other])
      #expect(report.components[0].quantizedTensors == 24)
    }
  }

  @Test func bytesAndLossesArePlannedAsWritten() throws {
    try Self.run("qwen2_vl", "transformers-5") { report, output in
      let tensors = try Checkpoint.open(output.path).tensors
      #expect(tensors.reduce(0) { $0 + $1.byteCount } == report.bytesAfter)
      let decibels = report.layers.map { $0.decibels ?? .infinity }
      #expect(decibels == decibels.sorted())
      let vision = try #require(report.components.first { $0.component == .vision })
      #expect(vision.worstDecibels == vision.worstLayers.first?.decibels)
      #expect(try JSONEncoder().encode(report).count > 1000)
    }
  }

  @Test func sameBytesWhateverTheThreads() throws {
    let before = Parallel.threads
    defer { Parallel.threads = before }
    let manifests = try [1, 3].map { threads in
      Parallel.threads = threads
      return try Self.run("qwen2_5_vl", "transformers-4") { _, output in try Self.manifest(output) }
    }
    #expect(manifests[0] == manifests[1])
  }
}
