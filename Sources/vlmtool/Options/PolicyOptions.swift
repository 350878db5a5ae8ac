import ArgumentParser
import Datasets
import Features
import Mapping
public import Policies
public import Runtime
import Tensors

extension ActionConvention: ExpressibleByArgument {}
extension PolicyLoss: ExpressibleByArgument {}
extension QuerySettings.Positions: ExpressibleByArgument {}
extension QuerySettings.Attention: ExpressibleByArgument {}
extension QuerySettings.Pictures: ExpressibleByArgument {}

/// How a query is run, where it is to be other than the authors' code has it.
struct QueryOptions: ParsableArguments {
  @Option(
    name: .long,
    help: "Count image tokens one by one, as VLM4VLA's code does, or as the VLM itself does (default: sequential).")
  var positions: QuerySettings.Positions?

  @Option(name: .long, help: "Tokens see what is before them, or the prompt both ways (prefix), or all see all (full) (default: causal).")
  var attention: QuerySettings.Attention?

  @Option(
    name: .long,
    help: "Frames as VLM4VLA prepares them, 224 x 224 first, or as the checkpoint's own processor does (default: authors).")
  var pictures: QuerySettings.Pictures?

  @Flag(
    name: .long, inversion: .prefixedNo,
    help: "Add DeepStack's features (Qwen3-VL); VLM4VLA's public classes lose them (default: added).")
  var deepstack: Bool?

  var settings: QuerySettings {
    var settings = QuerySettings()
    if let positions { settings.positions = positions }
    if let attention { settings.attention = attention }
    if let pictures { settings.pictures = pictures }
    if let deepstack { settings.addsDeepstack = deepstack }
    return settings
  }
}

/// What the actions of demonstrations are.
struct ActionArguments: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("Actions predicted at once.", valueName: "n"))
  var chunk = 4

  @Option(
    name: .long,
    help: "What actions mean: as recorded, normalised by their own quantiles, or as CALVIN, Bridge, Fractal or LIBERO have them.")
  var actions = ActionConvention.recorded

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Clip normalised actions to -X ... X before they are scaled to -1 ... 1; VLM4VLA has 0.65, which leaves out what lies beyond.",
      valueName: "x"))
  var bound = 1.0

  @Flag(name: .long, inversion: .prefixedNo, help: "The last number of an action is a gripper's.")
  var gripper = true

  @Option(
    name: .long, help: "Statistics of actions (JSON with q01 and q99) instead of the demonstrations' own.",
    completion: .file(extensions: ["json"]))
  var statistics: String?

  @Option(name: .long, help: "The data set that is meant, where the statistics are of several.")
  var statisticsOf: String?

  func validate() throws {
    if !(1...1024).contains(chunk) { throw ValidationError("--chunk must be 1 to 1024") }
    if !(bound > 0 && bound <= 1) { throw ValidationError("--bound must be above 0 and at most 1") }
    if statisticsOf != nil, statistics == nil { throw ValidationError("--statistics-of goes with --statistics") }
  }

  func options() throws(VLMError) -> ActionOptions {
    var options = ActionOptions()
    options.convention = actions
    options.bounds = -bound...bound
    options.hasGripper = gripper
    if let statistics { options.statistics = try ActionStatistics(reading: statistics, dataset: statisticsOf) }
    return options
  }
}

/// How a head is trained.
struct TrainingArguments: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("Steps of training.", valueName: "n"))
  var steps = 2000

  @Option(name: .long, help: ArgumentHelp("Samples a step.", valueName: "n"))
  var batch = 128

  @Option(name: .long, help: ArgumentHelp("AdamW's rate after a warm-up.", valueName: "rate"))
  var learningRate = 3e-4

  @Option(name: .long, help: ArgumentHelp("Steps over which the rate grows from zero.", valueName: "n"))
  var warmup = 100

  @Option(name: .long, help: "Huber and 0.01 of the gripper's, as VLM4VLA's code; or squares and all of it, as its paper says.")
  var loss = PolicyLoss.huber

  @Option(name: .long, help: "Decides the head's first weights and the order of samples.")
  var seed: UInt64 = 123

  func validate() throws {
    if steps < 1 || batch < 1 || warmup < 0 { throw ValidationError("--steps and --batch must be positive, --warmup not negative") }
    if !(learningRate > 0 && learningRate.isFinite) { throw ValidationError("--learning-rate must be above 0") }
  }

  var settings: TrainingSettings {
    var settings = TrainingSettings()
    (settings.steps, settings.batch, settings.warmupSteps) = (steps, batch, warmup)
    (settings.learningRate, settings.loss, settings.seed) = (learningRate, loss, seed)
    return settings
  }
}

/// What a policy is trained on, and how: the same for `policy train` and `policy evaluate`.
struct PolicyInputs: ParsableArguments {
  @OptionGroup var input: CheckpointOptions

  @Option(name: .long, help: "\(DemonstrationFormat.choices).", completion: .file())
  var data: String

  @OptionGroup(title: "Actions") var actions: ActionArguments
  @OptionGroup(title: "Training") var training: TrainingArguments
  @OptionGroup(title: "Query") var query: QueryOptions
  @OptionGroup(title: "Demonstrations") var frames: FrameOptions
  @OptionGroup(title: "Files") var files: ActivationOptions

  @Option(name: .long, help: "Run linear layers as stored, or as float32 or int8.")
  var precision: Precision = .stored

  /// Paths that are read.
  var paths: [String] { [input.checkpoint, data] }

  func options(_ checkpoint: MappedCheckpoint) throws -> PolicyTraining.Options {
    var options = PolicyTraining.Options(checkpoint: checkpoint, data: data)
    options.dataOptions = frames.options
    options.chunk = actions.chunk
    options.actions = try actions.options()
    options.query = query.settings
    options.settings = training.settings
    options.precision = precision
    options.cache = try files.place()
    return options
  }
}
