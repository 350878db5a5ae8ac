import ArgumentParser
import Policies
import Tensors

struct PolicyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "policy",
    abstract: "Make a robot policy of a VLM with few new parameters, and run it (VLM4VLA).",
    discussion: """
      A learned vector is put behind the VLM's prompt, and a small head makes a chunk of actions of what it comes to: the same \
      few parameters on any VLM, so that VLMs can be compared as policies.

      EXAMPLES
        vlmtool policy train model/ --data demos/ -o lift.safetensors
        vlmtool policy run lift.safetensors --image frame.png --instruction "lift the cube"
        vlmtool policy evaluate model/ --data demos/
        vlmtool policy serve lift.safetensors --port 8000
      """,
    subcommands: [PolicyRun.self, PolicyTrain.self, PolicyEvaluate.self, PolicyServe.self, PolicyPlan.self, PolicyTables.self])
}
