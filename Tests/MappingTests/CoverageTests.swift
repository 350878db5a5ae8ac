import Checkpoints
import Foundation
import TestSupport
import Tensors
import Testing

@testable import Mapping

/// What a damaged checkpoint gets: the tensor at fault by name, and the name that was probably meant.
@Suite struct CoverageTests {
  private let listing = try! NameListing("qwen2-vl-2b/transformers-4")

  private func error(_ listing: NameListing) throws -> VLMError {
    try #require(#expect(throws: VLMError.self) { try listing.mapped() })
  }

  @Test func missingTensor() throws {
    let error = try error(listing.changing { $0.name == "visual.blocks.3.norm1.weight" ? nil : $0 })
    #expect(error.code == .coverageMissing)
    #expect(
      error.description.hasSuffix(
        "vision.blocks.3.norm1.weight: missing: source `visual.blocks.3.norm1.weight` not in the checkpoint"))
  }

  @Test func missingMarkerTensor() throws {
    let error = try error(listing.changing { $0.name == "model.embed_tokens.weight" ? nil : $0 })
    #expect(error.code == .coverageMissing && error.tensor == "language.token_embedding.weight")
  }

  @Test func missingFusedTensor() throws {
    let error = try error(listing.changing { $0.name == "visual.blocks.0.attn.qkv.weight" ? nil : $0 })
    #expect(error.code == .coverageMissing && error.tensor == "vision.blocks.0.attention.query.weight")
    #expect(error.message.contains("in all 3 missing"))
  }

  @Test func missingShard() throws {
    let coverage = try listing.changing { $0.name.hasPrefix("visual.blocks.1") ? nil : $0 }.mapped(
      exactly: false
    )
    .coverage
    // Blocks 1 and 10 to 19; each has 12 source tensors, qkv two of them, which make 16 parameters.
    #expect(coverage.missing.count == 11 * 16 && coverage.unclaimed.isEmpty)
  }

  @Test func surplusTensor() throws {
    let extra = TensorDescriptor(name: "visual.blocks.0.norm3.weight", dtype: .bf16, shape: [1280])
    let error = try error(listing.changing({ $0 }, adding: [extra]))
    #expect(error.code == .coverageUnclaimed && error.tensor == "visual.blocks.0.norm3.weight")
    #expect(error.message == "no rule of qwen2_vl.transformers-4 claims it")
  }

  @Test func surplusBlock() throws {
    let extra = TensorDescriptor(name: "visual.blocks.32.norm1.weight", dtype: .bf16, shape: [1280])
    let error = try error(listing.changing({ $0 }, adding: [extra]))
    #expect(error.code == .coverageUnclaimed && error.tensor == extra.name)
    #expect(
      error.message.contains(
        "`vision.blocks.32.norm1.weight`, which a model of this configuration does not have"))
  }

  @Test func misspeltName() throws {
    let error = try error(
      listing.changing {
        $0.name == "model.norm.weight"
          ? TensorDescriptor(name: "model.norn.weight", dtype: .bf16, shape: [1536]) : $0
      })
    #expect(error.tensor == "language.norm.weight")
    #expect(
      error.message.contains("source `model.norm.weight` not in the checkpoint; it has `model.norn.weight`"))
  }

  @Test(arguments: [
    "model.layers.0.mlp.down_proj.weight", "visual.blocks.5.attn.qkv.weight", "visual.merger.mlp.2.weight",
  ])
  func transposedTensor(name: String) throws {
    let error = try error(
      listing.changing { tensor in
        tensor.name == name
          ? TensorDescriptor(name: name, dtype: .bf16, shape: Shape(tensor.shape.dimensions.reversed()))
          : tensor
      })
    #expect(error.code == .coverageShape && error.tensor == name, "\(error)")
  }

  @Test func patchKernelOfAnotherModel() throws {
    let name = "visual.patch_embed.proj.weight"
    let error = try error(
      listing.changing { tensor in
        tensor.name == name ? TensorDescriptor(name: name, dtype: .bf16, shape: [1280, 3, 14, 14]) : tensor
      })
    #expect(error.code == .coverageShape && error.tensor == name)
    #expect(error.message.contains("[1280, 3, 2, 14, 14]"), "\(error)")
  }

  @Test func swappedNames() throws {
    let one = "model.layers.7.mlp.up_proj.weight"
    let two = "model.layers.7.mlp.down_proj.weight"
    let coverage = try listing.changing { tensor in
      let name = tensor.name == one ? two : tensor.name == two ? one : tensor.name
      return TensorDescriptor(name: name, dtype: tensor.dtype, shape: tensor.shape)
    }.mapped(exactly: false).coverage
    #expect(coverage.mismatches.map(\.name) == [two, one])
    #expect(coverage.mismatches[0].message.contains("`language.blocks.7.mlp.down.weight`"))
    #expect(coverage.missing.isEmpty && coverage.unclaimed.isEmpty)
  }

  @Test func tiedHeadMayBeStored() throws {
    let head = TensorDescriptor(name: "lm_head.weight", dtype: .bf16, shape: [151936, 1536])
    let checkpoint = try listing.changing({ $0 }, adding: [head]).mapped()
    #expect(checkpoint.parameters["language.head.weight"]?.shape == head.shape)
    #expect(CheckpointSummary(checkpoint).hasCopyOfTiedHead)
  }

  @Test func untiedHeadMustBeThere() throws {
    let untied = try NameListing("qwen2-vl-7b/transformers-5").changing {
      $0.name == "lm_head.weight" ? nil : $0
    }
    #expect(try error(untied).tensor == "language.head.weight")
  }

  @Test func ofAnotherFamilyAltogether() throws {
    let error = try error(
      listing.changing { TensorDescriptor(name: "model.\($0.name).w", dtype: $0.dtype, shape: $0.shape) })
    #expect(error.code == .dialectUnknown)
    #expect(error.remedy?.contains("--family-file") == true)
  }

  @Test func textTowerMustNotGoUnseen() throws {
    let clip = try NameListing("clip-l14-336/transformers-5")
    let coverage = try clip.changing { $0.name.hasPrefix("text_") ? nil : $0 }.mapped(exactly: false).coverage
    #expect(coverage.missing.count == 4 + 12 * 16 + 1)
  }

  @Test func quantizedBySomebodyElse() throws {
    try Fixture.withTemporaryDirectory { directory in
      let config = directory.appending(path: "config.json")
      try Data(#"{"model_type": "clip", "quantization_config": {"quant_method": "hqq"}}"#.utf8).write(
        to: config)
      let error = #expect(throws: VLMError.self) {
        try MappedCheckpoint(
          path: "x", directory: directory.path, reader: listing, configFile: config.path,
          catalog: try FamilyCatalog.builtIn())
      }
      #expect(error?.code == .quantizedUnsupported && error?.message.contains("hqq") == true)
    }
  }

  static let impossible: [(json: String, says: String)] = [
    (#"{"vision_config": {"hidden_size": 0}}"#, "vision.width cannot be 0"),
    (#"{"vision_config": {"layer_norm_eps": Infinity}}"#, "vision.normEpsilon is inf, no finite number"),
    (#"{"vision_config": {"num_hidden_layers": 1000000000000}}"#, "vision.depth cannot be 1000000000000"),
    (#"{"vision_config": {"num_hidden_layers": -1}}"#, "vision.depth cannot be -1"),
    (#"{"vision_config": {"num_hidden_layers": "12"}}"#, "vision.depth cannot be \"12\""),
    (#"{"vision_config": {"hidden_act": "mish"}}"#, "vision.activation cannot be \"mish\""),
    (#"{"vision_config": {"patch_size": [14, 16]}}"#, "vision.patchSize: a square is needed"),
    (#"{"vision_config": {"num_attention_heads": 5}}"#, "does not divide into 5 heads"),
    (#"{"text_config": {"hidden_size": "x"}}"#, "language.headWidth: a number is needed"),
    (#"{"text_config": {"num_attention_heads": 0}}"#, "language.headWidth: the sizes in the file give inf"),
  ]

  @Test(arguments: impossible) func refusesImpossibleConfigurations(json: String, says: String) throws {
    try Fixture.withTemporaryDirectory { directory in
      let config = directory.appending(path: "config.json")
      try Data((#"{"model_type": "clip","# + json.dropFirst()).utf8).write(to: config)
      let error = #expect(throws: VLMError.self) {
        try MappedCheckpoint(
          path: "x", directory: directory.path, reader: NameListing("clip-l14-336/transformers-5"),
          configFile: config.path, catalog: try FamilyCatalog.builtIn())
      }
      #expect(error?.code == .configValue, "\(error?.description ?? "")")
      #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
    }
  }
}
