import Checkpoints
import Files
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Mapping

/// Conversion to KerasHub presets and from them; `fixtures/oracle/check_keras.py` has keras-hub load what is written.
@Suite struct KerasConversionTests {
  private func converted(
    _ source: MappedCheckpoint, to target: OutputFormat, in directory: URL
  ) throws -> MappedCheckpoint {
    let plan = try ConversionPlan(of: source, to: target, catalog: try FamilyCatalog.builtIn())
    _ = try Conversion.run(plan, Conversion.Options(output: directory.path))
    return try MappedCheckpoint.open(directory.path)
  }

  private func open(_ path: String) throws -> MappedCheckpoint {
    try MappedCheckpoint.open(Fixture.url(path).path)
  }

  /// To the other library and back; every parameter has its bits still.
  @Test(arguments: [
    "families/clip/transformers-5", "families/siglip/transformers-5", "families/paligemma/transformers-4",
    "families/dinov2/transformers", "families/dinov2_gated/transformers-gated",
    "families/dinov2_with_registers/transformers", "families/vit/transformers", "keras/clip/tf2",
    "keras/vit/tf2", "keras/vit/tf2-classifier",
  ])
  func transformersToKerasAndBack(path: String) throws {
    try Fixture.withTemporaryDirectory { directory in
      let source = try open(path)
      let keras = try converted(source, to: .keras, in: directory.appending(path: "keras"))
      #expect(keras.configuration.dialect.hasPrefix("kerashub") && !keras.isRuntime)
      #expect(keras.reader.file(of: keras.reader.tensors[0].name).hasSuffix("model.weights.h5"))
      #expect(try CheckpointDiff.between(source, keras).parameters.allSatisfy { $0.likeness == .identical })
      let back = try converted(keras, to: .hf, in: directory.appending(path: "back"))
      #expect(back.configuration.dialect.hasPrefix("transformers"))
      let diff = try CheckpointDiff.between(source, back)
      #expect(diff.isSame && diff.parameters.allSatisfy { $0.likeness == .identical })
      var (one, other) = (source.configuration, back.configuration)
      one.dialect = other.dialect
      one.vision?.initializerRange = nil
      other.vision?.initializerRange = nil
      one.language?.initializerRange = nil
      other.language?.initializerRange = nil
      // KerasHub has no token for an image and no limit of positions.
      one.language?.imageTokenId = other.language?.imageTokenId
      one.language?.maxPositions = other.language?.maxPositions
      #expect(one == other)
    }
  }

  /// A preset written anew has the same data sets, counts of positions included.
  @Test(arguments: [
    "clip", "siglip", "paligemma", "paligemma2", "dinov2", "dinov2_swiglu", "dinov2_with_registers", "vit",
  ])
  func presetsComeOutAsTheyWere(family: String) throws {
    try Fixture.withTemporaryDirectory { directory in
      let source = try open("keras/\(family)/kerashub")
      let runtime = try converted(source, to: .runtime, in: directory.appending(path: "runtime"))
      #expect(runtime.isRuntime && runtime.parameters == source.parameters)
      for (name, from) in [("direct", source), ("by runtime", runtime)] {
        let again = try converted(from, to: .keras, in: directory.appending(path: name))
        #expect(again.reader.tensors == source.reader.tensors)
        #expect(again.sourceConfig == source.sourceConfig)
        for tensor in source.reader.tensors {
          let one = try source.reader.withBytes(of: tensor.name) { [UInt8]($0) }
          let other = try again.reader.withBytes(of: tensor.name) { [UInt8]($0) }
          #expect(one == other, "\(tensor.name)")
        }
      }
      // The configuration that is written for a checkpoint of another library says the same.
      let catalog = try FamilyCatalog.builtIn()
      let file = try #require(catalog["\(source.configuration.family).\(source.configuration.dialect)"])
      let config = try #require(try catalog.config(of: file, for: source.configuration))
      let resolved = try catalog.configuration(
        of: file, config: config, tensors: Set(source.reader.tensors.map(\.name)), path: "")
      #expect(resolved == source.configuration)
    }
  }

  @Test func sameConversionGivesTheSameBytes() throws {
    try Fixture.withTemporaryDirectory { directory in
      let source = try open("families/siglip/transformers-5")
      let files = try [1, 2].map { threads in
        let output = directory.appending(path: "\(threads)")
        var options = Conversion.Options(output: output.path)
        options.threads = threads
        let plan = try ConversionPlan(of: source, to: .keras, catalog: try FamilyCatalog.builtIn())
        let summary = try Conversion.run(plan, options)
        #expect(summary.target == "keras" && summary.shards.map(\.file) == ["model.weights.h5"])
        #expect(summary.copiedFiles.isEmpty && summary.notes.count == 1)
        return try ["model.weights.h5", "config.json", "metadata.json", "manifest.json"].map {
          try Data(contentsOf: output.appending(path: $0))
        }
      }
      #expect(files[0] == files[1])
    }
  }

  /// Positions that KerasHub counts are made anew for a checkpoint that has none.
  @Test func countsPositions() throws {
    try Fixture.withTemporaryDirectory { directory in
      let keras = try converted(
        try open("families/clip/transformers-5"), to: .keras, in: directory.appending(path: "k"))
      let name = "layers/clip_vision_encoder/layers/clip_vision_embedding/vars/1"
      let rows = try #require(keras.parameters["vision.position_embedding.weight"]?.shape[0])
      let counts = try keras.reader.withBytes(of: name) { Array($0.bindMemory(to: Int32.self)) }
      #expect(counts == (0..<Int32(rows)).map { $0 })
    }
  }

  /// A copy of a checkpoint with something else in `config.json`.
  private func altered(
    _ path: String, in directory: URL, _ text: String, _ replacement: String
  ) throws -> MappedCheckpoint {
    let source = Fixture.url(path)
    for file in try FileManager.default.contentsOfDirectory(at: source, includingPropertiesForKeys: nil) {
      try FileManager.default.copyItem(at: file, to: directory.appending(path: file.lastPathComponent))
    }
    let config = directory.appending(path: "config.json")
    let before = try String(contentsOf: config, encoding: .utf8)
    let changed = before.replacing(text, with: replacement)
    #expect(changed != before)
    try Data(changed.utf8).write(to: config)
    return try MappedCheckpoint.open(directory.path)
  }

  /// A model that KerasHub's configuration cannot tell from another is refused.
  @Test(
    arguments: [
      (
        "clip/transformers-5", "\"layer_norm_eps\": 1e-05", "\"layer_norm_eps\": 1e-03",
        "vision.normEpsilon is 0.001"
      ),
      // The blocks of PaliGemma have an epsilon of their own, whatever the preset says.
      (
        "paligemma/transformers-4", "\"rms_norm_eps\": 1e-06", "\"rms_norm_eps\": 1e-05",
        "language.normEpsilon is 1e-05"
      ),
      // Neither the width of a head nor the model's over its heads.
      (
        "paligemma2/transformers-4", "\"sliding_window\": 6", "\"sliding_window\": 7",
        "language.queryScale is 24"
      ),
      (
        "dinov2/transformers", "\"layer_norm_eps\": 1e-06", "\"layer_norm_eps\": 1e-05",
        "vision.normEpsilon is 1e-05"
      ),
      (
        "vit/transformers", "\"hidden_act\": \"gelu\"", "\"hidden_act\": \"quick_gelu\"",
        "vision.activation is \"quick_gelu\""
      ),
    ])
  func refusesWhatKerasHubCannotSay(path: String, text: String, replacement: String, message: String) throws {
    try Fixture.withTemporaryDirectory { directory in
      let error = #expect(throws: VLMError.self) {
        try ConversionPlan(
          of: try altered("families/\(path)", in: directory, text, replacement), to: .keras,
          catalog: try FamilyCatalog.builtIn())
      }
      #expect(error?.code == .conversionDialect)
      #expect(error?.message.contains(message) == true, "\(String(describing: error))")
    }
  }

  /// What a layer's scale starts from is said in both libraries' words.
  @Test func keepsTheFirstLayerScale() throws {
    try Fixture.withTemporaryDirectory { directory in
      let folder = directory.appending(path: "source")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let source = try altered(
        "families/dinov2/transformers", in: folder, "\"layerscale_value\": 1.0", "\"layerscale_value\": 0.5")
      let keras = try converted(source, to: .keras, in: directory.appending(path: "keras"))
      #expect(keras.configuration.vision?.layerScaleInitial == 0.5)
      let back = try converted(keras, to: .hf, in: directory.appending(path: "back"))
      #expect(back.configuration.vision?.layerScaleInitial == 0.5)
    }
  }

  /// A setting that KerasHub takes and does not heed is said, where it makes a difference.
  @Test func saysWhatKerasHubComputesOtherwise() throws {
    func notes(_ source: MappedCheckpoint, _ target: OutputFormat) throws -> [String] {
      try ConversionPlan(of: source, to: target, catalog: try FamilyCatalog.builtIn()).notes
    }
    try Fixture.withTemporaryDirectory { directory in
      let usual = try open("keras/paligemma2/kerashub")
      #expect(try !notes(usual, .keras).contains { $0.contains("query_head_dim_normalize") })
      let other = try altered(
        "keras/paligemma2/kerashub", in: directory, "\"query_head_dim_normalize\": true",
        "\"query_head_dim_normalize\": false")
      #expect(other.configuration.language?.queryScale == 6)
      #expect(try notes(other, .keras).contains { $0.contains("query_head_dim_normalize") })
      #expect(try notes(other, .hf).count == notes(usual, .hf).count)
    }
  }

  /// A preset whose blocks have another epsilon than its last norm is none that is known here.
  @Test(arguments: ["paligemma", "paligemma2"]) func refusesTwoEpsilons(family: String) throws {
    try Fixture.withTemporaryDirectory { directory in
      let error = #expect(throws: VLMError.self) {
        try altered(
          "keras/\(family)/kerashub", in: directory, "\"layer_norm_epsilon\": 1e-06",
          "\"layer_norm_epsilon\": 1e-05")
      }
      #expect(error?.code == .configUnsupported)
      #expect(error?.message.contains("the last norm alone") == true, "\(String(describing: error))")
    }
  }

  @Test func familiesWithoutAPresetAreRefused() throws {
    let error = #expect(throws: VLMError.self) {
      try ConversionPlan(
        of: try open("families/qwen2_vl/transformers-5"), to: .keras, catalog: try FamilyCatalog.builtIn())
    }
    #expect(error?.message == "qwen2_vl cannot be written for KerasHub")
  }
}
