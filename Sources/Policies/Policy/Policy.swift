package import Features
package import Files
internal import Foundation
package import Images
package import Mapping
package import Runtime
package import Tensors

/// A VLM with a query and a head: pictures and an instruction in, actions out.
///
///     let policy = try Policy.open("lift.safetensors")
///     try policy.chunk(picture, task: "lift the cube")        // [chunk][action], in the robot's units
///
/// Safe to use from several threads at once; each call uses all of `Parallel.threads`.
package final class Policy: Sendable {
  package let file: PolicyFile
  package let model: QueryModel
  package let codec: ActionCodec
  /// What was chosen or is odd.
  package let notices: [Notice]

  package struct Options: Sendable {
    /// The VLM, where the file's own word for it is not where it is.
    package var backbone: String?
    package var precision = Precision.stored
    /// Statistics of actions, where the policy brings none: path, and the data set in it.
    package var statistics: String?
    package var dataset: String?
    /// Replaces what the policy says, where it is given.
    package var convention: ActionConvention?
    package var positions: QuerySettings.Positions?
    package var attention: QuerySettings.Attention?
    package var deepstack: Bool?
    package var pictures: QuerySettings.Pictures?

    package init() {}
  }

  package init(_ file: PolicyFile, on model: VisionLanguageModel, notices: [Notice] = []) throws {
    self.file = file
    self.model = try QueryModel(model, settings: file.settings.query)
    codec = try file.settings.codec()
    self.notices = notices
    let width = try self.model.width
    guard file.query.count == width else {
      throw VLMError(
        .policyMalformed, "the policy was made for a language model \(file.query.count) wide, this one is \(width) wide",
        remedy: "give the VLM that it was trained on with --backbone")
    }
    guard codec.armDimensions == file.head.layout.armDimensions else {
      throw VLMError(
        .policyMalformed,
        "the head has \(file.head.layout.armDimensions) numbers of the arm, its actions \(codec.armDimensions)")
    }
  }

  /// Opens a policy: a file of `policy train` beside its VLM, or a checkpoint that holds all of it.
  package static func open(
    _ path: String, _ options: Options = Options(), progress: ProgressHandler? = nil
  ) throws -> Policy {
    var (file, checkpoint, notices) = try read(path, options)
    var settings = file.settings
    try settings.apply(options)
    file = PolicyFile(query: file.query, head: file.head, settings: settings)
    notices += checkpoint.notices
    let model = try VisionLanguageModel(checkpoint, precision: options.precision, progress: progress)
    return try Policy(file, on: model, notices: notices + model.tokenizerNotices)
  }

  private static func read(_ path: String, _ options: Options) throws -> (PolicyFile, MappedCheckpoint, [Notice]) {
    guard PolicyFile.isOne(path) else {
      let checkpoint = try MappedCheckpoint.open(path)
      return (try PolicyFile(of: checkpoint, options), checkpoint, [])
    }
    let file = try PolicyFile(reading: path)
    guard let place = options.backbone ?? file.settings.backbone else {
      throw VLMError(
        .policyMissing, "the policy does not say which VLM it stands on", file: path, remedy: "give it with --backbone")
    }
    // A relative path counts from the policy's folder, as it was written.
    let folder = URL(filePath: path).deletingLastPathComponent()
    let isElsewhere = options.backbone == nil && !place.hasPrefix("/") && !place.contains("://")
    let resolved = isElsewhere ? folder.appending(path: place).path(percentEncoded: false) : place
    let checkpoint = try MappedCheckpoint.open(resolved)
    var notices: [Notice] = []
    if let wanted = file.settings.backboneSHA256, try CheckpointHash.sha256(of: checkpoint, language: true) != wanted {
      notices.append(
        Notice(
          .warning, "is not the VLM that the policy was trained on, so its actions may mean nothing", file: resolved,
          remedy: "give that one with --backbone, or train anew"))
    }
    return (file, checkpoint, notices)
  }

  /// The next actions: `[chunk][action]`, in the robot's units, before a gripper's memory (`ActionSender`).
  package func chunk(_ picture: RGBImage, task: String) throws -> [[Double]] {
    try chunks([(picture, task)])[0]
  }

  /// The same of several samples at once.
  package func chunks(_ samples: [(picture: RGBImage, task: String)]) throws -> [[[Double]]] {
    let states = try model.states(samples, query: file.query)
    let output = file.head(states.flatMap(\.self), rows: states.count)
    return actions(output, rows: states.count)
  }

  /// What a head's answers mean: `[rows][chunk][action]`.
  package func actions(_ output: FCDecoder.Output, rows: Int) -> [[[Double]]] {
    let layout = file.head.layout
    return (0..<rows).map { row in
      (0..<layout.chunk).map { step in
        let place = row * layout.chunk + step
        let arm = output.arm[place * layout.armDimensions..<(place + 1) * layout.armDimensions]
        return codec.action(arm: arm.map(Double.init), opens: FCDecoder.opens(output.gripper[place]))
      }
    }
  }
}

extension PolicySettings {
  /// Replaces what the user says otherwise.
  fileprivate mutating func apply(_ options: Policy.Options) throws(VLMError) {
    if let convention = options.convention { self.convention = convention }
    if let path = options.statistics { statistics = try ActionStatistics(reading: path, dataset: options.dataset) }
    if let positions = options.positions { query.positions = positions }
    if let attention = options.attention { query.attention = attention }
    if let deepstack = options.deepstack { query.addsDeepstack = deepstack }
    if let pictures = options.pictures { query.pictures = pictures }
  }
}

extension PolicyFile {
  /// Query and head out of a checkpoint that holds a whole policy, with the settings that its run left beside it.
  ///
  /// - Throws: `policies.policy.missing` when it holds none, or nothing says how its actions are normalised.
  package init(of checkpoint: MappedCheckpoint, _ options: Policy.Options) throws {
    guard let policy = checkpoint.configuration.policy, let language = checkpoint.configuration.language else {
      throw VLMError(
        .policyMissing, "the checkpoint is a VLM without a policy's query and head", file: checkpoint.path,
        remedy: "`vlmtool policy train` makes one for it")
    }
    guard !policy.usesState else {
      throw VLMError(.policyMalformed, "the policy takes in the robot's state, which is not known here", file: checkpoint.path)
    }
    let layout = FCDecoder.Layout(hidden: language.width, chunk: policy.chunk, armDimensions: policy.armDimensions)
    guard policy.trunkWidth == FCDecoder.Layout.trunkWidth else {
      throw VLMError(
        .policyMalformed, "the head's trunk ends in \(policy.trunkWidth) numbers, not \(FCDecoder.Layout.trunkWidth)",
        file: checkpoint.path)
    }
    let parts = ["mlp": "trunk", "actions": "arm", "gripper": "gripper"]
    let head = try FCDecoder(layout) { (name, inputs, outputs) throws(any Error) in
      let pieces = name.split(separator: ".")
      let parameter = "policy.head.\(parts[String(pieces[0])]!).\(Int(pieces[pieces.count - 1])! / 2)"
      return DenseLayer(
        inputs: inputs, outputs: outputs, weight: try checkpoint.floats(parameter + ".weight").values,
        bias: try checkpoint.floats(parameter + ".bias").values)
    }
    self.init(
      query: try checkpoint.floats("policy.query").values, head: head,
      settings: try Self.settings(beside: checkpoint, policy, options))
  }

  private static func settings(
    beside checkpoint: MappedCheckpoint, _ policy: PolicyConfiguration, _ options: Policy.Options
  ) throws(VLMError) -> PolicySettings {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: checkpoint.directory)) ?? []).sorted()
    let runs = names.filter { $0.hasSuffix("project.json") }
    guard runs.count <= 1 else {
      throw VLMError(
        .policyMalformed, "beside the policy are the configurations of \(runs.count) runs: \(runs.prefix(4).joined(separator: ", "))",
        file: checkpoint.directory, remedy: "leave the one that it was trained with")
    }
    var settings: PolicySettings
    if let run = runs.first {
      let path = checkpoint.directory + "/" + run
      let data: Data
      do { data = try Data(contentsOf: URL(filePath: path)) } catch {
        throw VLMError(.policyMalformed, "cannot be read", file: path, cause: error)
      }
      let json = try JSONValue(parsing: data, file: path, code: .policyMalformed)
      settings = try PolicySettings(run: json, file: path)
      if let chunk = json["fwd_pred_next_n"]?.intValue, chunk != policy.chunk {
        throw VLMError(
          .policyMalformed, "fwd_pred_next_n is \(chunk), the head predicts \(policy.chunk) actions", file: path,
          remedy: "put the configuration of the run that made the policy beside it")
      }
    } else if let convention = options.convention {
      settings = PolicySettings(convention: convention)
    } else {
      throw VLMError(
        .policyMissing, "nothing beside the policy says how its actions are normalised", file: checkpoint.directory,
        remedy: "put the run's *-project.json there, or say it with --actions")
    }
    settings.armDimensions = policy.armDimensions
    let statistics = names.filter { $0.hasPrefix("dataset_statistics") && $0.hasSuffix(".json") }
    if settings.convention.usesQuantiles, options.statistics == nil, let found = statistics.first {
      guard statistics.count == 1 else {
        throw VLMError(
          .actionStatistics, "beside the policy are the statistics of \(statistics.count) data sets", file: checkpoint.directory,
          remedy: "name one with --statistics")
      }
      settings.statistics = try ActionStatistics(reading: checkpoint.directory + "/" + found, dataset: options.dataset)
    }
    return settings
  }
}
