internal import Files
internal import Foundation
package import Tensors

/// A LoRA adapter in a folder as peft's `save_pretrained` writes it: `adapter_config.json` and `adapter_model.safetensors` or `.bin`.
///
/// | tensors of a module M | what they change |
/// |---|---|
/// | `M.lora_A.weight` `[r, inputs]`, `M.lora_B.weight` `[outputs, r]` | `M.weight`; convolutions too, their kernels as inputs |
/// | `M.lora_embedding_A` `[r, tokens]`, `M.lora_embedding_B` `[width, r]` | `M.weight` `[tokens, width]` |
/// | `M.lora_magnitude_vector` `[outputs]` | with them, by DoRA |
/// | `M.lora_B.bias` `[outputs]` | `M.bias` |
/// | any other | the tensor of this name, whose place it takes (`modules_to_save`, `bias`, embeddings that were saved whole) |
package struct LoRAAdapter: Sendable {
  /// What becomes of one tensor of the base model; tensors are named as in the adapter's file.
  enum Change: Sendable {
    /// `W + scale left right`, then by DoRA `W magnitude / |W|` row by row; W is a tensor of the adapter's where it brings one.
    case product(left: Factor, right: Factor, scale: Float, magnitude: String?, weight: String?)
    /// `b + scale shift`
    case shift(String, scale: Float)
    case replacement(String)
  }

  /// A matrix of two, the rank its second or its first axis.
  struct Factor: Sendable {
    let tensor: String
    /// Whether the rank is the first of the tensor's axes.
    let ranksFirst: Bool
  }

  package let directory: String
  /// What the adapter was trained on, by its own words.
  package let base: String?
  package let notices: [Notice]
  let weights: any CheckpointReader
  /// By the base model's tensor, as peft's modules call it.
  let changes: [String: Change]

  /// Names of the tensors that are changed, as peft's modules call them, sorted.
  package var tensors: [String] { changes.keys.sorted() }

  /// Its files.
  package var files: [String] { [directory + "/" + Self.configurationName] + weights.files }

  static let configurationName = "adapter_config.json"
  static let weightNames = ["adapter_model.safetensors", "adapter_model.bin"]

  /// - Throws: `checkpoints.adapter` errors with file and tensor, and what reading the files throws.
  package init(_ directory: String) throws(VLMError) {
    let directory = directory.hasSuffix("/") ? String(directory.dropLast()) : directory
    func path(_ name: String) -> String { directory + "/" + name }
    guard FileManager.default.fileExists(atPath: path(Self.configurationName)) else {
      throw VLMError(
        .adapterMalformed, "holds no \(Self.configurationName), so it is no adapter of peft", file: directory,
        remedy: NearestNames.suggestion(forPath: directory) ?? "give a folder that peft's save_pretrained wrote")
    }
    let configuration = try LoRAConfiguration(path(Self.configurationName))
    let present = Self.weightNames.filter { FileManager.default.fileExists(atPath: path($0)) }
    guard let name = present.first else {
      throw VLMError(.adapterMalformed, "holds no \(Self.weightNames[0])", file: directory, remedy: "get it again")
    }
    weights = try Checkpoint.open(path(name))
    self.directory = directory
    base = configuration.base
    notices = present.dropFirst().map { Notice(.note, "\(name) is read, not \($0)", file: directory) }
    changes = try Self.changes(weights, configuration, file: path(name))
  }

  /// `BASE+ADAPTER` taken apart; `nil` for a path that is there, or whose part before the last `+` is neither there nor the hub's.
  package static func parts(of path: String) -> (base: String, adapter: String)? {
    guard let plus = path.lastIndex(of: "+"), !FileManager.default.fileExists(atPath: path) else { return nil }
    let (base, adapter) = (String(path[..<plus]), String(path[path.index(after: plus)...]))
    let isBase = base.hasPrefix("hf://") || FileManager.default.fileExists(atPath: base) || parts(of: base) != nil
    return isBase && !adapter.isEmpty ? (base, adapter) : nil
  }

  // MARK: Tensors to changes

  private struct Module {
    var (a, b, embeddingA, embeddingB, magnitude, shift): (String?, String?, String?, String?, String?, String?)
  }

  private static var suffixes: [(text: String, part: WritableKeyPath<Module, String?>)] {
    [
      (".lora_A.weight", \.a), (".lora_B.weight", \.b), (".lora_embedding_A", \.embeddingA), (".lora_embedding_B", \.embeddingB),
      (".lora_magnitude_vector", \.magnitude), (".lora_magnitude_vector.weight", \.magnitude), (".lora_B.bias", \.shift),
    ]
  }

  private static let wrapper = "base_model.model."

  private static func changes(
    _ weights: any CheckpointReader, _ configuration: LoRAConfiguration, file: String
  ) throws(VLMError) -> [String: Change] {
    var (modules, changes): ([String: Module], [String: Change]) = ([:], [:])
    let suffixes = suffixes
    for tensor in weights.tensors {
      guard tensor.name.hasPrefix(wrapper) else {
        throw VLMError(
          .adapterMalformed, "its name does not begin with \(wrapper)", file: file, tensor: tensor.name,
          remedy: "give an adapter that peft's save_pretrained wrote")
      }
      let name = String(tensor.name.dropFirst(wrapper.count)).replacing(".base_layer.", with: ".")
      if let (suffix, part) = suffixes.first(where: { name.hasSuffix($0.text) }) {
        modules[String(name.dropLast(suffix.count)), default: Module()][keyPath: part] = tensor.name
      } else if name.contains(".lora_") || name.contains("token_adapter") {
        throw VLMError(
          .adapterUnsupported, "is a part of an adapter that is not known here", file: file, tensor: tensor.name,
          remedy: LoRAConfiguration.remedy)
      } else {
        changes[name.replacing(".modules_to_save.", with: ".")] = .replacement(tensor.name)
      }
    }
    guard !modules.isEmpty || !changes.isEmpty else {
      throw VLMError(.adapterMalformed, "there is no tensor in it", file: file, remedy: "get it again")
    }
    let shapes = Dictionary(uniqueKeysWithValues: weights.tensors.map { ($0.name, $0.shape.dimensions) })
    /// The tensor of this name that the adapter brings with it.
    func brought(_ name: String) -> String? {
      if case .replacement(let tensor) = changes[name] { tensor } else { nil }
    }
    for (module, parts) in modules.sorted(by: { $0.key < $1.key }) {
      func malformed(_ message: String) -> VLMError {
        VLMError(.adapterMalformed, message, file: file, tensor: module, remedy: "give an adapter that peft's save_pretrained wrote")
      }
      let isEmbedding = parts.embeddingA != nil || parts.embeddingB != nil
      guard let a = isEmbedding ? parts.embeddingA : parts.a, let b = isEmbedding ? parts.embeddingB : parts.b,
        !isEmbedding || parts.a == nil && parts.b == nil
      else { throw malformed("has one matrix of two") }
      guard let rank = shapes[a]?.first, let width = shapes[b], width.count >= 2, width[1] == rank, rank > 0,
        width.dropFirst(2).allSatisfy({ $0 == 1 })
      else { throw malformed("its matrices are \(shapes[a] ?? []) and \(shapes[b] ?? [])") }
      guard configuration.isDoRA == (parts.magnitude != nil) else {
        throw malformed(configuration.isDoRA ? "has no magnitude, though use_dora is set" : "has a magnitude, though use_dora is not set")
      }
      guard !isEmbedding || parts.magnitude == nil else {
        throw VLMError(
          .adapterUnsupported, "is an embedding changed by DoRA, which is not done here", file: file, tensor: module,
          remedy: LoRAConfiguration.remedy)
      }
      let scale = try configuration.scale(of: module, rank: rank)
      let (first, second) = (Factor(tensor: a, ranksFirst: true), Factor(tensor: b, ranksFirst: false))
      changes[module + ".weight"] = .product(
        left: isEmbedding ? first : second, right: isEmbedding ? second : first, scale: scale, magnitude: parts.magnitude,
        weight: brought(module + ".weight"))
      if let shift = parts.shift {
        guard brought(module + ".bias") == nil else { throw malformed("has a bias of its own and one to be added") }
        changes[module + ".bias"] = .shift(shift, scale: scale)
      }
    }
    return changes
  }
}
