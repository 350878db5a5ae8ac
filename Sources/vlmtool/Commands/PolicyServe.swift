import ArgumentParser
import Files
import Policies
import Reports
import Runtime
import Serving
import Tensors

struct PolicyServe: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Answer pictures and instructions with actions, over HTTP and openpi's websocket.",
    discussion: """
      For a simulator or a robot's program on the same machine; there is no password. Ends on Ctrl-C or SIGTERM after what it \
      has been asked. Requests are answered one at a time, with the actions of `policy run`.

      - GET /healthz: OK, also while the model works.
      - GET /metadata: what is served, as JSON: length of a chunk, numbers of an action, their convention, camera, precision.
      - POST /act: {"image": base64 or data URL of a JPEG or PNG, "instruction": text}, answered with {"actions": [[...]], \
      "seconds": ...}; errors are {"error": {"code", "message", "param", "type"}}.
      - a websocket at /: what openpi_client's WebsocketClientPolicy sends, a map of MessagePack with "prompt" and a picture \
      under "observation/image", "image" or the camera's name (uint8, or floats from 0 to 1), answered with "actions" and \
      "server_timing".

      EXAMPLES
        vlmtool policy serve lift.safetensors
        vlmtool policy serve lift.safetensors --backbone model-int8/ --port 8001 \\
          --camera observation/wrist_image
      """)

  @OptionGroup(title: "Policy") var opening: PolicyOpening
  @OptionGroup var common: CommonOptions

  @OptionGroup(title: "Server") var listening: ListeningOptions

  @Option(
    name: .long,
    help: ArgumentHelp("Key of the picture in observations (default: the policy's camera).", valueName: "key")
  )
  var camera: String?

  @Option(name: .long, help: "What the robot is told where a client does not say it.")
  var instruction: String?

  @OptionGroup(title: "Query") var query: QueryOptions

  func run() throws {
    let policy = try opening.open(query, common)
    let about = about(policy)
    let served = ServedPolicy(
      metadata: about, camera: camera ?? policy.file.settings.camera, instruction: instruction
    ) { try policy.chunk($0, task: $1) }
    try listening.serve(served.routes(), common, places: { "http://\($0) and ws://\($0)" }) { server in
      if common.json {
        let place = Place(host: server.host, port: server.port, metadata: about)
        try common.print(place, as: .policyServe, notices: policy.notices) { _ in "" }
      }
    }
  }

  /// What clients are told.
  private func about(_ policy: Policy) -> JSONValue {
    let (settings, query) = (policy.file.settings, policy.file.settings.query)
    var members: [String: JSONValue] = [
      "policy": .string(opening.policy), "chunk": .int(policy.file.head.layout.chunk),
      "width": .int(policy.codec.width),
      "convention": .string(settings.convention.rawValue), "precision": .string(opening.precision.rawValue),
      "positions": .string(query.positions.rawValue), "attention": .string(query.attention.rawValue),
      "pictures": .string(query.pictures.rawValue), "vlmtool": .string(VLMTool.version),
    ]
    members["camera"] = (camera ?? settings.camera).map { .string($0) }
    members["executed_steps"] = settings.executedSteps.map { .int($0) }
    return .object(members)
  }

  /// Where it listens, for `--json`: printed once it does.
  private struct Place: Encodable {
    let host: String
    let port: Int
    let metadata: JSONValue
  }
}
