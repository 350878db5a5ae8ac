import Foundation
import Mapping
import Runtime
import Tensors
import TestSupport
import Testing

@Suite struct RandomParametersTests {
  /// Spread of one parameter over many draws of transformers.
  struct Spread: Decodable {
    let deviation: Double
    let largest: Double
    let count: Int
  }

  static let recorded: [String: [String: Spread]] = {
    let data = try! Data(contentsOf: Fixture.url("families/initialization.json"))
    return try! JSONDecoder().decode([String: [String: Spread]].self, from: data)
  }()

  /// Runtime name, and the tensor of transformers that it is in.
  static let clip = [
    ("vision.class_embedding", "vision_model.embeddings.class_embedding"),
    ("vision.patch_embedding.weight", "vision_model.embeddings.patch_embedding.weight"),
    ("vision.position_embedding.weight", "vision_model.embeddings.position_embedding.weight"),
    ("vision.pre_norm.weight", "vision_model.pre_layrnorm.weight"),
    ("vision.blocks.1.attention.query.weight", "vision_model.encoder.layers.1.self_attn.q_proj.weight"),
    ("vision.blocks.1.attention.value.bias", "vision_model.encoder.layers.1.self_attn.v_proj.bias"),
    ("vision.blocks.1.attention.output.weight", "vision_model.encoder.layers.1.self_attn.out_proj.weight"),
    ("vision.blocks.1.mlp.up.weight", "vision_model.encoder.layers.1.mlp.fc1.weight"),
    ("vision.blocks.1.mlp.down.weight", "vision_model.encoder.layers.1.mlp.fc2.weight"),
    ("vision.blocks.1.mlp.down.bias", "vision_model.encoder.layers.1.mlp.fc2.bias"),
    ("projector.layers.0.weight", "visual_projection.weight"),
  ]
  static let siglip = [
    ("vision.patch_embedding.weight", "vision_model.embeddings.patch_embedding.weight"),
    ("vision.patch_embedding.bias", "vision_model.embeddings.patch_embedding.bias"),
    ("vision.position_embedding.weight", "vision_model.embeddings.position_embedding.weight"),
    ("vision.blocks.1.norm2.bias", "vision_model.encoder.layers.1.layer_norm2.bias"),
    ("vision.blocks.1.attention.key.weight", "vision_model.encoder.layers.1.self_attn.k_proj.weight"),
    ("vision.blocks.1.attention.output.weight", "vision_model.encoder.layers.1.self_attn.out_proj.weight"),
    ("vision.blocks.1.mlp.up.weight", "vision_model.encoder.layers.1.mlp.fc1.weight"),
    ("vision.blocks.1.mlp.up.bias", "vision_model.encoder.layers.1.mlp.fc1.bias"),
    ("vision.pooling.probe", "vision_model.head.probe"),
    ("vision.pooling.attention.query.weight", "vision_model.head.attention.in_proj_weight"),
    ("vision.pooling.attention.key.bias", "vision_model.head.attention.in_proj_bias"),
    ("vision.pooling.attention.output.weight", "vision_model.head.attention.out_proj.weight"),
    ("vision.pooling.norm.weight", "vision_model.head.layernorm.weight"),
    ("vision.pooling.mlp.down.weight", "vision_model.head.mlp.fc2.weight"),
  ]
  static let qwen = [
    ("vision.patch_embedding.weight", "model.visual.patch_embed.proj.weight"),
    ("vision.blocks.1.norm1.weight", "model.visual.blocks.1.norm1.weight"),
    ("vision.blocks.1.attention.key.weight", "model.visual.blocks.1.attn.qkv.weight"),
    ("vision.blocks.1.attention.key.bias", "model.visual.blocks.1.attn.qkv.bias"),
    ("projector.norm.weight", "model.visual.merger.ln_q.weight"),
    ("projector.layers.1.weight", "model.visual.merger.mlp.2.weight"),
  ]
  static let decoder = [
    ("language.token_embedding.weight", "model.language_model.embed_tokens.weight"),
    ("language.norm.weight", "model.language_model.norm.weight"),
    ("language.blocks.1.norm1.weight", "model.language_model.layers.1.input_layernorm.weight"),
    ("language.blocks.1.attention.key.weight", "model.language_model.layers.1.self_attn.k_proj.weight"),
    ("language.blocks.1.mlp.down.weight", "model.language_model.layers.1.mlp.down_proj.weight"),
  ]
  static let cases = [
    ("clip", clip), ("siglip", siglip), ("qwen2_vl", qwen), ("qwen2_5_vl", qwen), ("qwen2_vl", decoder),
    ("paligemma", decoder),
  ].flatMap { family, names in names.map { (family, $0.0, $0.1) } }

  static func configuration(_ family: String) throws -> ModelConfiguration {
    let dialect = family == "paligemma" ? "transformers-4" : "transformers-5"
    return try MappedCheckpoint.open(Fixture.url("families/\(family)/\(dialect)").path).configuration
  }

  @Test(arguments: cases) func spreadsAsTransformers(_ family: String, _ parameter: String, _ tensor: String)
    throws
  {
    let expected = try #require(Self.recorded[family]?[tensor])
    let configuration = try Self.configuration(family)
    var (square, largest, count) = (0.0, 0.0, 0)
    for seed in 0..<60 {
      for value in try RandomParameters(configuration, seed: UInt64(seed)).floats(parameter).values {
        square += Double(value) * Double(value)
        largest = max(largest, Double(abs(value)))
        count += 1
      }
    }
    // Both are estimates from finite draws: four standard errors of each.
    let tolerance = 4 * (1 / Double(2 * count) + 1 / Double(2 * expected.count)).squareRoot()
    let deviation = (square / Double(count)).squareRoot()
    #expect(abs(deviation - expected.deviation) <= tolerance * expected.deviation)
    #expect(largest <= expected.largest * 1.5)
  }

  @Test func dependsOnSeedAndNameOnly() throws {
    let configuration = try Self.configuration("qwen2_vl")
    let name = "projector.layers.0.weight"
    func draw(_ seed: UInt64, _ name: String) throws -> [Float] {
      let parameters = try RandomParameters(configuration, seed: seed)
      return try parameters.floats(name).values
    }
    let threads = Parallel.threads
    defer { Parallel.threads = threads }
    Parallel.threads = 3
    let values = try draw(7, name)
    Parallel.threads = 1
    let again = try draw(7, name)
    let otherSeed = try draw(8, name)
    let otherName = try draw(7, "vision.blocks.0.mlp.up.weight")
    #expect(again == values)
    #expect(otherSeed != values)
    #expect(otherName.prefix(9) != values.prefix(9))
  }

  @Test(arguments: ["clip", "siglip", "qwen2_vl", "qwen2_5_vl"]) func makesWholeModels(_ family: String)
    throws
  {
    let checkpoint = try MappedCheckpoint.open(Fixture.url("families/\(family)/transformers-5").path)
    let model = try VisionModel(
      parameters: RandomParameters(checkpoint.configuration, seed: 3), configuration: checkpoint.configuration,
      of: checkpoint)
    let trained = try VisionModel(checkpoint)
    #expect(model.stages == trained.stages)
    let vision = try #require(checkpoint.configuration.vision)
    let grid = PatchGrid(rows: 4, columns: 4)
    let patches = FloatTensor([grid.count, vision.patchValues]) {
      for index in $0.indices { $0[index] = Float(index % 17) / 17 - 0.5 }
    }
    let stage = try #require(model.stages.last)
    let output = try #require(
      try model.run([PreparedImage(patches: patches, grid: grid)], taps: [stage])[stage].first)
    let values = output.values.values
    #expect(values.count { !$0.isFinite } == 0)
    #expect(values.contains { $0 != 0 })
  }
}
