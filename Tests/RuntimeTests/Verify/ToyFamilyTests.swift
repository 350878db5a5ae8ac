import Checkpoints
import Foundation
import Mapping
import Runtime
import Tensors
import TestSupport
import Testing

/// A new family of known layers is one JSON5 file: here one with names of its own for weights of a small PaliGemma, whose
/// activations are recorded.
@Suite struct ToyFamilyTests {
  private static let file = #"""
    {
      family: "toy",
      dialect: "one",
      title: "Toy",
      detect: { config: { model_type: ["toy"] }, tensors: ["eye.patches.weight", "mouth.embed_tokens.weight"] },
      imageProcessor: "SiglipImageProcessor",
      parts: [{ use: "decoder", prefix: "mouth.", at: ["mouth"], type: "gemma" }],
      configuration: {
        vision: {
          at: ["eye"],
          depth: "$.num_hidden_layers",
          width: "$.hidden_size",
          heads: "$.num_attention_heads",
          mlpWidth: "$.intermediate_size",
          mlp: "plain",
          activation: "gelu_pytorch_tanh",
          norm: "layerNorm",
          normEpsilon: 1e-6,
          attentionBias: true,
          mlpBias: true,
          patchBias: true,
          channels: 3,
          patchSize: "$.patch_size",
          temporalPatchSize: 1,
          imageSize: "$.image_size",
          position: "learned",
          hasClassToken: false,
          hasPreNorm: false,
          hasFinalNorm: true,
          pooling: "none",
          fullAttentionBlocks: { list: [] },
          spatialMergeSize: 1,
        },
        language: { tiedEmbeddings: true, bidirectionalPrefix: true, firstPosition: 1, imageTokenId: "$root.picture" },
        projector: {
          kind: "mlp",
          outputWidth: "@language.width",
          layerWidths: { list: ["@language.width"] },
          bias: true,
          activation: "gelu",
          normEpsilon: 1e-6,
        },
      },
      rename: [
        ["eye.patches.bias", "vision.patch_embedding.bias"],
        ["eye.places", "vision.position_embedding.weight"],
        ["eye.{i}.layer_norm{1,2}.{weight,bias}", "vision.blocks.{i}.norm{1,2}.{weight,bias}"],
        [
          "eye.{i}.self_attn.{q_proj,k_proj,v_proj,out_proj}.{weight,bias}",
          "vision.blocks.{i}.attention.{query,key,value,output}.{weight,bias}",
        ],
        ["eye.{i}.mlp.{fc1,fc2}.{weight,bias}", "vision.blocks.{i}.mlp.{up,down}.{weight,bias}"],
        ["eye.last.{weight,bias}", "vision.norm.{weight,bias}"],
        ["bridge.{weight,bias}", "projector.layers.0.{weight,bias}"],
      ],
      convert: [
        {
          from: "eye.patches.weight",
          to: "vision.patch_embedding.weight",
          by: [
            {
              reshape: {
                from: ["vision.width", "vision.channels", "vision.patchSize", "vision.patchSize"],
                to: ["vision.width", "*"],
              },
            },
          ],
        },
      ],
    }
    """#

  /// PaliGemma's names, and the toy's.
  private static let names = [
    ("vision_tower.vision_model.encoder.layers.", "eye."), ("vision_tower.vision_model.post_layernorm.", "eye.last."),
    ("vision_tower.vision_model.embeddings.patch_embedding.", "eye.patches."),
    ("vision_tower.vision_model.embeddings.position_embedding.weight", "eye.places"),
    ("multi_modal_projector.linear.", "bridge."), ("language_model.model.", "mouth."),
  ]

  /// Writes the toy's checkpoint and its family file to `directory`.
  private static func write(to directory: URL) throws {
    let source = Fixture.url("families/paligemma/transformers-4")
    let bytes = try Data(contentsOf: source.appending(path: "model.safetensors"))
    let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    var header = names.reduce(String(decoding: bytes[8..<8 + length], as: UTF8.self)) {
      $0.replacing("\"" + $1.0, with: "\"" + $1.1)
    }
    header += String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    let size = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
    try (size + Data(header.utf8) + bytes[(8 + length)...]).write(to: directory.appending(path: "model.safetensors"))
    let config = try JSONSerialization.jsonObject(with: Data(contentsOf: source.appending(path: "config.json")))
    let members = try #require(config as? [String: Any])
    let own: [String: Any] = [
      "model_type": "toy", "eye": members["vision_config"]!, "mouth": members["text_config"]!, "picture": 95,
    ]
    try JSONSerialization.data(withJSONObject: own).write(to: directory.appending(path: "config.json"))
    try Data(file.utf8).write(to: directory.appending(path: "toy.json5"))
  }

  @Test func anAdditionIsDetectedMappedBothWaysAndRun() throws {
    try Fixture.withTemporaryDirectory { root in
      let directory = root.appending(path: "toy")
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
      try Self.write(to: directory)
      var options = MappedCheckpoint.Options()
      options.familyFile = directory.appending(path: "toy.json5").path
      let toy = try MappedCheckpoint.open(directory.appending(path: "model.safetensors").path, options)
      #expect(toy.configuration.family == "toy" && toy.coverage.isExact)
      #expect(toy.parameters.count == 53 + 20 + 2, "vision, language, projector")

      let reference = Fixture.url("families/paligemma/reference.safetensors").path
      func passes(_ checkpoint: MappedCheckpoint) throws -> Bool {
        let report = try Verification.run(checkpoint, reference: reference)
        return report.passed && report.taps.count == 11
      }
      #expect(try passes(toy))

      let runtime = root.appending(path: "runtime").path
      let back = root.appending(path: "back").path
      for (source, format, output) in [(toy.path, OutputFormat.runtime, runtime), (runtime, .hf, back)] {
        let checkpoint = try MappedCheckpoint.open(source, options)
        let plan = try ConversionPlan(of: checkpoint, to: format, catalog: checkpoint.catalog)
        _ = try Conversion.run(plan, Conversion.Options(output: output))
      }
      #expect(try passes(MappedCheckpoint.open(runtime)))
      let (one, other) = (try Checkpoint.open(toy.path), try Checkpoint.open(back))
      #expect(one.tensors.map(\.name) == other.tensors.map(\.name))
      for tensor in one.tensors {
        let same = try one.withBytes(of: tensor.name) { bytes in
          try other.withBytes(of: tensor.name) { bytes.elementsEqual($0) }
        }
        #expect(same, "\(tensor.name)")
      }
    }
  }
}
