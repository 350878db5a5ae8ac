import Checkpoints
@testable import Files
import Foundation
import Policies
import Tensors
import TestSupport
import Testing

/// A policy of a family as its authors store it, put together in a folder from fixtures: the family's small checkpoint with another
/// word embedding under `model.backbone.`, a query and a trunk of its own, and the head that all of them share.
struct ComposedPolicy {
  let name: String
  let json: JSONValue
  let folder: URL

  static let families = ["qwen2_5_vl", "qwen3_vl", "qwen3_vl_moe", "paligemma", "paligemma2", "kosmos2", "internvl"]

  init(_ name: String, in folder: URL) throws {
    self.name = name
    self.folder = folder
    json = try PolicyOracle.json("reference.json")[name]!
    let source = Fixture.url(json["checkpoint"]!.stringValue!)
    try writeConfig(of: source)
    if let images = json["preprocessor"] {
      try write(images, to: "preprocessor_config.json")
    } else {
      try copy(source.appending(path: "preprocessor_config.json"), as: "preprocessor_config.json")
    }
    try copy(Fixture.url(json["tokenizer"]!.stringValue!), as: "tokenizer.json")
    try write(json["project"]!, to: "2026-01-21_16:51:38.123456-project.json")
    if let statistics = json["statistics"]?.stringValue {
      try copy(Fixture.url(PolicyOracle.folder + "statistics/\(statistics).json"), as: "dataset_statistics_\(statistics).json")
    }
    try writeWeights(of: source)
  }

  private func copy(_ source: URL, as target: String) throws {
    guard FileManager.default.fileExists(atPath: source.path) else { return }
    try FileManager.default.copyItem(at: source, to: folder.appending(path: target))
  }

  private func write(_ value: JSONValue, to name: String) throws {
    try JSONEncoder().encode(value).write(to: folder.appending(path: name))
  }

  private func writeConfig(of source: URL) throws {
    let path = source.appending(path: "config.json").path
    let config = try JSONValue(parsing: Data(contentsOf: URL(filePath: path)), file: path, code: .policyMalformed)
    // The small ones of Qwen3 were made for 256 positions, a policy's sequence has 277.
    let longer = JSONValue.object(["text_config": .object(["max_position_embeddings": .int(512)])])
    let merged = Self.merged(config, json["config"]!)
    try write(name.hasPrefix("qwen3") ? Self.merged(merged, longer) : merged, to: "config.json")
  }

  private static func merged(_ config: JSONValue, _ changes: JSONValue) -> JSONValue {
    var members = config.objectValue!
    for (key, value) in changes.objectValue! {
      members[key] = value.objectValue == nil ? value : merged(members[key]!, value)
    }
    return .object(members)
  }

  private func writeWeights(of source: URL) throws {
    var plan: [PlannedTensor] = []
    func add(_ name: String, _ values: [Float], _ shape: Shape) {
      plan.append(
        .bytes(values.withUnsafeBytes(Array.init), descriptor: TensorDescriptor(name: name, dtype: .f32, shape: shape)))
    }
    let reader = try Checkpoint.open(source.path)
    let dropped = json["dropped"]!.arrayValue!.map { $0.stringValue! }
    let embedding = json["embedding"]!.stringValue!
    let (vocabulary, hidden) = (json["vocabulary"]!.intValue!, json["hidden"]!.intValue!)
    for tensor in reader.tensors where !dropped.contains(tensor.name) && tensor.name != embedding {
      let bytes = try reader.withBytes(of: tensor.name) { Array($0) }
      plan.append(
        .bytes(bytes, descriptor: TensorDescriptor(name: "model.backbone." + tensor.name, dtype: tensor.dtype, shape: tensor.shape)))
    }
    let table = try PolicyOracle.Tensors("embeddings.safetensors")("embeddings")
    add(
      "model.backbone." + embedding, (0..<vocabulary).flatMap { row in table[row * 64..<row * 64 + hidden] },
      [vocabulary, hidden])
    let own = try PolicyOracle.Tensors("\(name).safetensors")
    add("model.action_token", try own("model.action_token"), [hidden])
    let head = try PolicyOracle.head(hidden: hidden, chunk: json["chunk"]!.intValue!, trunk: "\(name).safetensors")
    for (name, layer) in head.layers {
      add("model.act_head.\(name).weight", layer.weight, [layer.outputs, layer.inputs])
      add("model.act_head.\(name).bias", layer.bias, [layer.outputs])
    }
    try SafetensorsWriter().write(plan, toFile: folder.appending(path: "model.safetensors").path)
  }
}
