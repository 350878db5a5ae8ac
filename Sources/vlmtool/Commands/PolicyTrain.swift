import ArgumentParser
import Mapping
import Policies
import Reports

struct PolicyTrain: UsesOpenBLAS {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a policy's head on demonstrations, on a VLM that stays as it is.",
    discussion: """
      Every frame goes through the VLM once, with a query of zeros behind the prompt; what that comes to is kept in the cache. Then \
      the head (FCDecoder of VLM4VLA) is trained with AdamW. A run that is stopped goes on from where it stood.

      EXAMPLES
        vlmtool policy train model/ --data demos/ -o lift.safetensors --report lift.html
        vlmtool policy train model/ --data libero_10/ --chunk 4 --actions libero --bound 0.65 \\
          --statistics dataset_statistics.json -o libero.safetensors
      """)

  @OptionGroup var inputs: PolicyInputs
  @OptionGroup var page: PageOptions
  @OptionGroup var common: CommonOptions

  @Option(name: .shortAndLong, help: "The policy, a safetensors file.", completion: .file(extensions: ["safetensors"]))
  var output: String

  @Flag(name: .long, help: "Train the query too, by the gradient through the language model, where that is small enough.")
  var trainQuery = false

  func validate() throws {
    if !output.hasSuffix(".safetensors") { throw ValidationError("--output is a .safetensors file") }
  }

  func run() throws {
    let file = try ResultFile(output, .policy, apartFrom: inputs.paths)
    // What a run that is stopped leaves beside it, and the next one removes, may be nobody else's either.
    _ = try ResultFile(TrainingState.path(beside: file.path), .policy, apartFrom: inputs.paths)
    let report = try page.file(apartFrom: inputs.paths + [output])
    let checkpoint = try inputs.input.open()
    var options = try inputs.options(checkpoint)
    options.trainsQuery = trainQuery
    let summary = try common.run { try PolicyTraining.run(options, output: file.path, progress: $0) }
    try common.print(summary, as: .policyTrain, notices: checkpoint.notices) {
      PolicyTerminalReport.training(summary, on: $0)
    }
    try page.write(report, quietly: common.json) { PolicyTrainingPage(summary, run: $0).rendered() }
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

  @OptionGroup var inputs: PolicyInputs
  @OptionGroup var page: PageOptions
  @OptionGroup var common: CommonOptions

  @Option(name: .long, help: "Folds, by whole episodes, 3 to 50.")
  var folds = 5

  func validate() throws {
    if !(3...50).contains(folds) { throw ValidationError("--folds must be 3 to 50") }
  }

  func run() throws {
    let report = try page.file(apartFrom: inputs.paths)
    let checkpoint = try inputs.input.open()
    let options = try inputs.options(checkpoint)
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
    try page.write(report, quietly: common.json) {
      PolicyEvaluationPage(evaluation, checkpoint: checkpoint.path, data: inputs.data, run: $0).rendered()
    }
  }
}
