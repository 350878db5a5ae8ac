internal import Files
internal import Foundation
internal import Tensors

/// What peft's `adapter_config.json` says of a LoRA adapter.
struct LoRAConfiguration: Sendable {
  let file: String
  /// `base_model_name_or_path`
  let base: String?
  let isDoRA: Bool
  private let rank: Int
  private let alpha: Double
  private let isRankStabilised: Bool
  private let ranks: [Pattern]
  private let alphas: [Pattern]

  /// A value for the modules that peft's `get_pattern_key` finds: `re.match(rf"(.*\.)?({key})$", module)`.
  private struct Pattern {
    let key: String
    let expression: BoundedExpression
    let value: Double

    func matches(_ module: String) -> Bool { expression.matches(module, whole: true) }
  }

  /// - Throws: `checkpoints.adapter.unsupported` for what peft's `merge_and_unload` would do otherwise than is done here;
  ///   `checkpoints.adapter.malformed`.
  init(_ file: String) throws(VLMError) {
    self.file = file
    let data: Data
    do { data = try Data(contentsOf: URL(filePath: file)) } catch {
      throw VLMError(.fileUnreadable, "cannot be read", file: file, cause: error)
    }
    let value = try JSONValue(parsing: data, file: file, code: .jsonSyntax)
    guard let members = value.objectValue, let kind = members["peft_type"]?.stringValue else {
      throw VLMError(.adapterMalformed, "has no peft_type", file: file, remedy: "give a folder that peft's save_pretrained wrote")
    }
    guard kind == "LORA" else {
      throw VLMError(
        .adapterUnsupported, "is an adapter of type \(kind); only LORA is merged here", file: file, remedy: Self.remedy)
    }
    try Self.refuseOthers(members, file)
    guard let rank = members["r"]?.intValue, rank > 0, let alpha = members["lora_alpha"]?.doubleValue, alpha.isFinite else {
      throw VLMError(.adapterMalformed, "r and lora_alpha are no numbers", file: file, remedy: "get the file again")
    }
    base = members["base_model_name_or_path"]?.stringValue
    isDoRA = members["use_dora"]?.boolValue ?? false
    isRankStabilised = members["use_rslora"]?.boolValue ?? false
    (self.rank, self.alpha) = (rank, alpha)
    ranks = try Self.patterns(members["rank_pattern"], file)
    alphas = try Self.patterns(members["alpha_pattern"], file)
  }

  static let remedy = "merge it with peft: merge_and_unload(), then save_pretrained()"

  /// Settings that decide nothing once the adapter is trained, or are read here.
  private static let known: Set<String> = [
    "alpha_pattern", "auto_mapping", "base_model_name_or_path", "bias", "corda_config", "ensure_weight_tying", "eva_config",
    "exclude_modules", "inference_mode", "init_lora_weights", "layers_pattern", "layers_to_transform", "loftq_config", "lora_alpha",
    "lora_bias", "lora_dropout", "lora_ga_config", "megatron_config", "megatron_core", "modules_to_save", "peft_type", "peft_version",
    "qalora_group_size", "r", "rank_pattern", "revision", "runtime_config", "target_modules", "task_type", "use_dora", "use_rslora",
  ]

  /// Ways to begin that leave the base model as it is; others train the rest of it, which is not the model that is given.
  private static let plainBeginnings: Set<String> = ["gaussian", "orthogonal", "eva"]

  private static func refuseOthers(_ members: [String: JSONValue], _ file: String) throws(VLMError) {
    for (key, value) in members.sorted(by: { $0.key < $1.key }) where !known.contains(key) && !isEmpty(value) {
      throw VLMError(
        .adapterUnsupported, "sets \(key) to \(value.summary), which is not known here", file: file, remedy: remedy)
    }
    if let beginning = members["init_lora_weights"]?.stringValue, !plainBeginnings.contains(beginning) {
      throw VLMError(
        .adapterUnsupported, "began with \(beginning), which changes the base model's weights before the adapter is added", file: file,
        remedy: "save it as a plain LoRA adapter (save_pretrained with path_initial_model_for_weight_conversion)")
    }
  }

  private static func isEmpty(_ value: JSONValue) -> Bool {
    switch value {
    case .null, .bool(false): true
    case .array(let values): values.isEmpty
    case .object(let members): members.isEmpty
    default: false
    }
  }

  private static func patterns(_ value: JSONValue?, _ file: String) throws(VLMError) -> [Pattern] {
    var patterns: [Pattern] = []
    for (key, value) in value?.objectValue ?? [:] {
      guard let number = value.doubleValue, number.isFinite else {
        throw VLMError(.adapterMalformed, "the value of the pattern \(key.prefix(80)) cannot be read", file: file)
      }
      do throws(BoundedExpression.Refusal) {
        patterns.append(Pattern(key: key, expression: try BoundedExpression(key, after: "(.*\\.)?"), value: number))
      } catch {
        switch error {
        case .malformed: throw VLMError(.adapterMalformed, "the pattern \(key.prefix(80)) cannot be read", file: file)
        case .costly:
          throw VLMError(
            .adapterUnsupported, "the pattern \(key.prefix(80)) may take very long to match", file: file,
            remedy: "name the modules with fewer repetitions")
        }
      }
    }
    return patterns.sorted { $0.key < $1.key }
  }

  /// peft takes the first that matches in the order of the file; here they have to agree.
  private func value(_ patterns: [Pattern], _ module: String) throws(VLMError) -> Double? {
    let found = patterns.filter { $0.matches(module) }
    guard let first = found.first else { return nil }
    if let other = found.first(where: { $0.value != first.value }) {
      throw VLMError(
        .adapterMalformed, "the patterns \(first.key) and \(other.key) give \(module) different values", file: file,
        remedy: "leave one of them out")
    }
    return first.value
  }

  /// What the product of a module's two matrices is multiplied by.
  ///
  /// - Parameter stored: the rank of the matrices.
  func scale(of module: String, rank stored: Int) throws(VLMError) -> Float {
    let rank = try value(ranks, module) ?? Double(rank)
    guard rank == Double(stored) else {
      throw VLMError(
        .adapterMalformed, "\(module) has the rank \(stored), the settings say \(Int(exactly: rank).map { "\($0)" } ?? "\(rank)")",
        file: file, remedy: "give the settings that were saved with these weights")
    }
    let alpha = try value(alphas, module) ?? alpha
    let scale = Float(isRankStabilised ? alpha / rank.squareRoot() : alpha / rank)
    guard scale.isFinite else {
      throw VLMError(
        .adapterMalformed, "\(module) has the alpha \(alpha), which is more than f32 holds", file: file, remedy: "get the file again")
    }
    return scale
  }
}
