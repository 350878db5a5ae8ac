import ArgumentParser
import Files
import Policies
import Reports
import Runtime
import Tensors
import VLMToolKit

struct PolicyTrain: UsesOpenBLAS {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a policy's head on demonstrations, on a VLM that stays as it is.",
    discussion: """
      Every frame goes through the VLM once, with a query of zeros behind the prompt; what that comes to is kept in the cache. Then \
      the head (FCDecoder of VLM4VLA) is trained with AdamW. A run that is stopped goes on from where it stood.

      EXAMPLES
        vlmtool policy train model/ --data demos/ -o lift.safetensors
        vlmtool policy train model/ --data libero_10/ --chunk 4 --actions libero --bound 0.65 \\
          --statistics dataset_statistics.json -o libero.safetensors
      """)

  @OptionGroup var input: CheckpointOptions
  @OptionGroup var common: CommonOptions

  @Option(name: .long, help: "\(DemonstrationFormat.choices).", completion: .file())
  var data: String

  @Option(name: .shortAndLong, help: "The policy, a safetensors file.", completion: .file(extensions: ["safetensors"]))
  var output: String

  @OptionGroup(title: "Actions") var actions: ActionArguments
  @OptionGroup(title: "Training") var training: TrainingArguments
  @OptionGroup(title: "Query") var query: QueryOptions
  @OptionGroup(title: "Demonstrations") var frames: FrameOptions
  @OptionGroup(title: "Files") var files: PolicyFileOptions

  @Option(name: .long, help: "Run linear layers as stored, or as float32 or int8.")
  var precision: Precision = .stored

  @Flag(name: .long, help: "Train the query too, by the gradient through the language model, where that is small enough.")
  var trainQuery = false

  func validate() throws {
    if !output.hasSuffix(".safetensors") { throw ValidationError("--output is a .safetensors file") }
  }

  func run() throws {
    let file = try ResultFile(output, .policy, apartFrom: [input.checkpoint, data])
    // What a run that is stopped leaves beside it, and the next one removes, may be nobody else's either.
    _ = try ResultFile(TrainingState.path(beside: file.path), .policy, apartFrom: [input.checkpoint, data])
    let checkpoint = try input.open()
    var options = PolicyTraining.Options(checkpoint: checkpoint, data: data)
    options.dataOptions = frames.options
    options.chunk = actions.chunk
    options.actions = try actions.options()
    options.query = query.settings
    options.settings = training.settings
    options.precision = precision
    options.trainsQuery = trainQuery
    options.cache = try files.place()
    let summary = try common.run { try PolicyTraining.run(options, output: file.path, progress: $0) }
    try common.print(summary, as: .policyTrain, notices: checkpoint.notices) {
      PolicyTerminalReport.training(summary, on: $0)
    }
  }
}

struct PolicyEvaluate: UsesOpenBLAS {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Say how well a policy of a VLM would predict the actions of demonstrations it was not trained on.",
    discussion: """
      Open loop: heads are trained on some episodes, their steps chosen on others, and tested on the rest, in turn. Beside the \
      head stand ridge regression on the same states, and the mean of the demonstrations. Whether a robot then does its task is \
      another question: `policy serve` and a simulator answer it.

      EXAMPLES
        vlmtool policy evaluate model/ --data demos/
        vlmtool policy evaluate model-int8/ --data demos/ --chunk 8 --json
      """)

  @OptionGroup var input: CheckpointOptions
  @OptionGroup var common: CommonOptions

  @Option(name: .long, help: "\(DemonstrationFormat.choices).", completion: .file())
  var data: String

  @Option(name: .long, help: "Folds, by whole episodes, 3 to 50.")
  var folds = 5

  @OptionGroup(title: "Actions") var actions: ActionArguments
  @OptionGroup(title: "Training") var training: TrainingArguments
  @OptionGroup(title: "Query") var query: QueryOptions
  @OptionGroup(title: "Demonstrations") var frames: FrameOptions
  @OptionGroup(title: "Files") var files: PolicyFileOptions

  @Option(name: .long, help: "Run linear layers as stored, or as float32 or int8.")
  var precision: Precision = .stored

  func validate() throws {
    if !(3...50).contains(folds) { throw ValidationError("--folds must be 3 to 50") }
  }

  func run() throws {
    let checkpoint = try input.open()
    var options = PolicyTraining.Options(checkpoint: checkpoint, data: data)
    options.dataOptions = frames.options
    options.chunk = actions.chunk
    options.actions = try actions.options()
    options.query = query.settings
    options.settings = training.settings
    options.precision = precision
    options.cache = try files.place()
    let (evaluation, notes) = try common.run { progress in
      let prepared = try PolicyTraining.prepare(options, progress: progress)
      let evaluation = try PolicyEvaluator(
        prepared.data, states: prepared.features.states, width: prepared.features.width, actions: options.actions,
        settings: options.settings, folds: folds
      ).run(progress: progress)
      return (evaluation, prepared.notes)
    }
    for note in notes { common.note("note: \(note)") }
    try common.print(evaluation, as: .policyEvaluate, notices: checkpoint.notices) {
      PolicyTerminalReport.evaluation(evaluation, on: $0)
    }
  }
}

/// Where a policy's states are kept.
struct PolicyFileOptions: ParsableArguments {
  @Option(
    name: .long, help: "Keep states in this directory instead of the user's cache.", completion: .directory)
  var cache: String?

  @Flag(name: .long, help: "Neither use nor keep states of earlier runs.")
  var noCache = false

  func validate() throws {
    if cache != nil && noCache { throw ValidationError("--cache and --no-cache exclude each other") }
  }

  func place() throws(VLMError) -> FeatureCache.Place {
    if noCache { return .none }
    if let cache { return .directory(cache) }
    return .standard(limit: try FeatureStore.limit())
  }
}
