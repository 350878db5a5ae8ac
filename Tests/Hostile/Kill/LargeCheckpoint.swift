import Foundation
import Tensors
import TestSupport

/// A Qwen2-VL of some hundred megabytes with random weights: large enough that converting takes a while.
enum LargeCheckpoint {
  private static let (width, depth, mlp, keys, vision, visionDepth) = (1024, 10, 2816, 256, 512, 6)

  /// Writes it into `directory`, beside the small fixture's other files.
  static func write(to directory: URL) throws {
    let fixture = Fixture.url("families/qwen2_vl/transformers-4")
    try FileManager.default.copyItem(at: fixture, to: directory)
    let config = directory.appending(path: "config.json")
    guard var values = try JSONSerialization.jsonObject(with: Data(contentsOf: config)) as? [String: Any],
      var encoder = values["vision_config"] as? [String: Any]
    else { throw CocoaError(.fileReadCorruptFile) }
    values.merge([
      "hidden_size": width, "intermediate_size": mlp, "num_hidden_layers": depth, "num_attention_heads": 16,
      "num_key_value_heads": 4, "rope_scaling": ["type": "mrope", "mrope_section": [8, 12, 12]],
    ]) { $1 }
    encoder.merge(["depth": visionDepth, "embed_dim": vision, "hidden_size": width, "num_heads": 8]) { $1 }
    values["vision_config"] = encoder
    try JSONSerialization.data(withJSONObject: values, options: .sortedKeys).write(to: config)
    try write(tensors, to: directory.appending(path: "model.safetensors"))
  }

  /// Names and shapes as the public files have them, BF16.
  private static var tensors: [(name: String, shape: [Int])] {
    var tensors = [("model.embed_tokens.weight", [320, width]), ("model.norm.weight", [width])]
    for layer in 0..<depth {
      for (name, shape) in [
        ("input_layernorm.weight", [width]), ("post_attention_layernorm.weight", [width]),
        ("mlp.down_proj.weight", [width, mlp]), ("mlp.gate_proj.weight", [mlp, width]),
        ("mlp.up_proj.weight", [mlp, width]), ("self_attn.k_proj.bias", [keys]),
        ("self_attn.k_proj.weight", [keys, width]), ("self_attn.v_proj.bias", [keys]),
        ("self_attn.v_proj.weight", [keys, width]), ("self_attn.q_proj.bias", [width]),
        ("self_attn.q_proj.weight", [width, width]), ("self_attn.o_proj.weight", [width, width]),
      ] { tensors.append(("model.layers.\(layer).\(name)", shape)) }
    }
    for block in 0..<visionDepth {
      for (name, shape) in [
        ("attn.proj", [vision, vision]), ("attn.qkv", [3 * vision, vision]), ("mlp.fc1", [4 * vision, vision]),
        ("mlp.fc2", [vision, 4 * vision]), ("norm1", [vision]), ("norm2", [vision]),
      ] {
        tensors.append(("visual.blocks.\(block).\(name).weight", shape))
        tensors.append(("visual.blocks.\(block).\(name).bias", [shape[0]]))
      }
    }
    let merged = 4 * vision
    return tensors + [
      ("visual.merger.ln_q.bias", [vision]), ("visual.merger.ln_q.weight", [vision]),
      ("visual.merger.mlp.0.bias", [merged]), ("visual.merger.mlp.0.weight", [merged, merged]),
      ("visual.merger.mlp.2.bias", [width]), ("visual.merger.mlp.2.weight", [width, merged]),
      ("visual.patch_embed.proj.weight", [vision, 3, 2, 14, 14]),
    ]
  }

  private static func write(_ tensors: [(name: String, shape: [Int])], to file: URL) throws {
    var end = 0
    var header: [String: Any] = [:]
    for (name, shape) in tensors {
      let start = end
      end += 2 * shape.reduce(1, *)
      header[name] = ["dtype": "BF16", "shape": shape, "data_offsets": [start, end]] as [String: Any]
    }
    let text = try JSONSerialization.data(withJSONObject: header, options: .sortedKeys)
    try? FileManager.default.removeItem(at: file)
    try Data().write(to: file)
    let output = try FileHandle(forWritingTo: file)
    try output.write(contentsOf: withUnsafeBytes(of: UInt64(text.count).littleEndian) { Data($0) } + text)
    var random = SeededGenerator(seed: 1)
    while end > 0 {
      // Four numbers at once: any sign and fraction, magnitudes from 2^-7 to 2^-5.
      let numbers = (0..<min(1 << 17, (end + 7) / 8)).map { _ in
        (random.next() & 0x80FF_80FF_80FF_80FF | 0x3C00_3C00_3C00_3C00).littleEndian
      }
      let bytes = numbers.withUnsafeBytes { Data($0.prefix(end)) }
      try output.write(contentsOf: bytes)
      end -= bytes.count
    }
    try output.close()
  }
}
