import ArgumentParser
import Foundation
import Policies
import Reports
import Runtime
import Tensors
import VLMToolKit

struct PolicyRun: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Print the next actions of a policy for a picture and an instruction.",
    discussion: """
      POLICY is a file of `policy train`, or a checkpoint in VLM4VLA's layout (`model.action_token`, `model.act_head.*`, \
      `model.backbone.*`) with config.json, tokenizer and the run's *-project.json beside it. Actions are in the robot's units, \
      before what a gripper's driver makes of them.

      EXAMPLES
        vlmtool policy run lift.safetensors --image frame.png --instruction "lift the cube"
        vlmtool policy run lift.safetensors --backbone model-int8/ --data demos/ --row 12 --json
        vlmtool policy run vlm4vla-bridge/ --statistics dataset_statistics.json --image frame.png \\
          --instruction "put the spoon on the towel"
      """)

  @Argument(help: "A file of `policy train`, or a checkpoint that holds a whole policy.", completion: .file())
  var policy: String

  @OptionGroup var common: CommonOptions
  @OptionGroup(title: "Pictures") var pictures: PictureOptions

  @Option(name: .long, help: "What the robot is told.")
  var instruction: String

  @Option(name: .long, help: "The VLM that the policy stands on (default: as its file says).", completion: .file())
  var backbone: String?

  @Option(name: .long, help: "Run linear layers as stored, or as float32 or int8.")
  var precision: Precision = .stored

  @Option(name: .long, help: "What actions mean, of a checkpoint that does not say it.")
  var actions: ActionConvention?

  @Option(name: .long, help: "Statistics of actions (JSON).", completion: .file(extensions: ["json"]))
  var statistics: String?

  @Option(name: .long, help: "The data set that is meant, where the statistics are of several.")
  var statisticsOf: String?

  @OptionGroup(title: "Query") var query: QueryOptions

  func validate() throws {
    if pictures.isEmpty { throw ValidationError("give a picture with --image, or a frame with --data and --row") }
    if !instruction.contains(where: { !$0.isWhitespace }) { throw ValidationError("--instruction is empty") }
  }

  func run() throws {
    var options = Policy.Options()
    (options.backbone, options.precision, options.convention) = (backbone, precision, actions)
    (options.statistics, options.dataset) = (statistics, statisticsOf)
    (options.positions, options.attention) = (query.positions, query.attention)
    (options.pictures, options.deepstack) = (query.pictures, query.deepstack)
    let (images, chosen) = try pictures.read()
    StandardStreams.say(chosen)
    let opened = try common.run { try Policy.open(policy, options, progress: $0) }
    StandardStreams.say(opened.notices)
    let chunks = try common.run { _ in try opened.chunks(images.map { ($0, instruction) }) }
    let answer = PolicyAnswer(policy: policy, instruction: instruction, actions: chunks)
    try common.print(answer, as: .policyRun, notices: opened.notices + chosen) { terminal in
      chunks.map { PolicyTerminalReport.chunk($0, on: terminal) }.joined(separator: "\n")
    }
  }
}

/// What a policy was asked and what it said.
private struct PolicyAnswer: Encodable {
  let policy: String
  let instruction: String
  /// Of each picture: a row a step.
  let actions: [[[Double]]]
}
