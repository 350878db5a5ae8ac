package import Files
internal import Foundation
package import Mapping
package import Runtime
package import Tensors

/// What a policy is beside its weights: how its actions are normalised and how its query is run.
///
/// A policy of this tool has it in the metadata of its file; one of the authors' in the run's `*-project.json`.
package struct PolicySettings: Sendable, Equatable {
  package var convention: ActionConvention
  package var bounds: ClosedRange<Double>
  package var statistics: ActionStatistics?
  package var armDimensions: Int
  package var hasGripper: Bool
  package var query: QuerySettings
  /// The camera that it was trained on.
  package var camera: String?
  /// Of its actions are carried out before it is asked again.
  package var executedSteps: Int?
  /// The VLM it stands on, as it was named in training.
  package var backbone: String?
  /// What that VLM computed: `CheckpointHash`.
  package var backboneSHA256: String?

  package init(
    convention: ActionConvention, bounds: ClosedRange<Double> = ActionCodec.paperBounds,
    statistics: ActionStatistics? = nil, armDimensions: Int = 6, hasGripper: Bool = true, query: QuerySettings = QuerySettings()
  ) {
    self.convention = convention
    self.bounds = bounds
    self.statistics = statistics
    self.armDimensions = armDimensions
    self.hasGripper = hasGripper
    self.query = query
  }

  package func codec() throws(VLMError) -> ActionCodec {
    try ActionCodec(
      convention, statistics: statistics, bounds: bounds, armDimensions: armDimensions, hasGripper: hasGripper)
  }

  // MARK: The authors' run configuration

  /// Reads the configuration of one of VLM4VLA's runs: what of it decides actions.
  ///
  /// - Throws: `policies.policy.malformed` where it asks for what this tool's policies do not have (a wrist camera, a window of
  ///   frames, the robot's state, another head), for its answers would be others.
  package init(run: JSONValue, file: String) throws(VLMError) {
    func refuse(_ what: String) -> VLMError {
      VLMError(.policyMalformed, "the policy \(what), which is not known here", file: file)
    }
    if run["use_hand_rgb"]?.boolValue == true { throw refuse("looks through a wrist camera too") }
    if let window = run["window_size"]?.intValue, window != 1 { throw refuse("looks at a window of \(window) frames") }
    if run["use_state"]?.boolValue == true { throw refuse("takes in the robot's state") }
    if let head = run.at("act_head.type")?.stringValue, head != "FCDecoder" { throw refuse("has a head \(head)") }
    if let kind = run.at("act_head.down_sample")?.stringValue, kind != "none" { throw refuse("reads its states by \(kind)") }
    if let latent = run.at("act_head.latent")?.intValue, latent != 1 { throw refuse("has \(latent) queries") }
    if run.at("act_head.action_dim")?.intValue == 14 { throw refuse("has two arms") }
    let dataset = run["train_dataset"]
    let mix = dataset?["data_mix"]?.stringValue ?? ""
    let convention: ActionConvention
    switch (dataset?["type"]?.stringValue, mix) {
    case ("DiskCalvinDataset", _): convention = .calvin
    case (_, let mix) where mix.contains("bridge"): convention = .bridge
    case (_, let mix) where mix.contains("fractal") || mix.contains("rt_1") || mix.contains("google"): convention = .google
    case (_, let mix) where mix.contains("libero"): convention = .libero
    case (let type, _):
      throw VLMError(
        .policyMalformed, "its data \(type ?? "(no train_dataset)") \(mix) say no known convention of actions", file: file,
        remedy: "say it with --actions")
    }
    let isScaled = run["norm_action"]?.boolValue ?? false
    let (low, high) = (run["norm_min"]?.doubleValue ?? -1, run["norm_max"]?.doubleValue ?? 1)
    guard low < high, low >= -1, high <= 1 else {
      throw VLMError(.policyMalformed, "norm_min \(low) and norm_max \(high) bound no actions", file: file)
    }
    self.init(convention: convention, bounds: isScaled ? low...high : -1...1)
    backbone = run.at("vlm.pretrained_model_name_or_path")?.stringValue ?? run["model_path"]?.stringValue
  }

  // MARK: In a file of this tool's

  /// The key of the file's metadata, and what the text under it is.
  static let key = "vlm4vla"
  private static let format = 1

  /// What is written under `key`.
  var text: String {
    var members: [String: JSONValue] = [
      "format": .int(Self.format), "actions": .string(convention.rawValue), "norm_min": .double(bounds.lowerBound),
      "norm_max": .double(bounds.upperBound), "arm_dimensions": .int(armDimensions), "gripper": .bool(hasGripper),
      "positions": .string(query.positions.rawValue), "attention": .string(query.attention.rawValue),
      "deepstack": .bool(query.addsDeepstack), "pictures": .string(query.pictures.rawValue),
    ]
    members["statistics"] = statistics?.json
    members["camera"] = camera.map { .string($0) }
    members["execute_step"] = executedSteps.map { .int($0) }
    members["backbone"] = backbone.map { .string($0) }
    members["backbone_sha256"] = backboneSHA256.map { .string($0) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(JSONValue.object(members)) else {
      preconditionFailure("settings of finite numbers always encode")
    }
    return String(decoding: data, as: UTF8.self)
  }

  /// - Throws: `policies.policy.malformed` naming what is missing or not known.
  init(text: String, file: String) throws(VLMError) {
    let json = try JSONValue(parsing: Data(text.utf8), file: file, code: .policyMalformed)
    guard json["format"]?.intValue == Self.format else {
      throw VLMError(
        .policyMalformed, "the policy's format is \(json["format"]?.summary ?? "missing"), not \(Self.format)", file: file,
        remedy: "read it with the version of vlmtool that wrote it")
    }
    func missing(_ key: String) -> VLMError {
      VLMError(.policyMalformed, "\(key) is \(json[key]?.summary ?? "missing")", file: file)
    }
    func word<Word: RawRepresentable<String>>(_ key: String, _: Word.Type) throws(VLMError) -> Word {
      guard let word = json[key]?.stringValue.flatMap(Word.init(rawValue:)) else { throw missing(key) }
      return word
    }
    guard let low = json["norm_min"]?.doubleValue, let high = json["norm_max"]?.doubleValue, low < high else {
      throw missing("norm_min")
    }
    guard let arm = json["arm_dimensions"]?.intValue, (1...4096).contains(arm) else { throw missing("arm_dimensions") }
    guard let gripper = json["gripper"]?.boolValue else { throw missing("gripper") }
    guard let deepstack = json["deepstack"]?.boolValue else { throw missing("deepstack") }
    var query = QuerySettings()
    query.positions = try word("positions", QuerySettings.Positions.self)
    query.attention = try word("attention", QuerySettings.Attention.self)
    query.pictures = try word("pictures", QuerySettings.Pictures.self)
    query.addsDeepstack = deepstack
    self.init(
      convention: try word("actions", ActionConvention.self), bounds: low...high, armDimensions: arm, hasGripper: gripper,
      query: query)
    if let block = json["statistics"] { statistics = try ActionStatistics(block, file: file) }
    camera = json["camera"]?.stringValue
    executedSteps = json["execute_step"]?.intValue
    backbone = json["backbone"]?.stringValue
    backboneSHA256 = json["backbone_sha256"]?.stringValue
  }
}
