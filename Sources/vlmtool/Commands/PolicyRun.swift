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
        vlmtool policy run lift.safetensors --backbone model-int8/ \\
          --data demos/ --row 12 --instruction "lift the cube" --json
        vlmtool policy run vlm4vla-bridge/ --statistics dataset_statistics.json --image frame.png \\
          --instruction "put the spoon on the towel"
      """)

  @OptionGroup(title: "Policy") var opening: PolicyOpening
  @OptionGroup var common: CommonOptions
  @OptionGroup(title: "Pictures") var pictures: PictureOptions

  @Option(name: .long, help: "What the robot is told.")
  var instruction: String

  @OptionGroup(title: "Query") var query: QueryOptions

  func validate() throws {
    if pictures.isEmpty { throw ValidationError("give a picture with --image, or a frame with --data and --row") }
    if !instruction.contains(where: { !$0.isWhitespace }) { throw ValidationError("--instruction is empty") }
  }

  func run() throws {
    let (images, chosen) = try pictures.read()
    StandardStreams.say(chosen)
    let opened = try opening.open(query, common)
    let chunks = try common.run { _ in try opened.chunks(images.map { ($0, instruction) }) }
    let answer = PolicyAnswer(policy: opening.policy, instruction: instruction, actions: chunks)
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
