import ArgumentParser
import Policies
import Reports
import Runtime

/// The policy that a command runs.
struct PolicyOpening: ParsableArguments {
  @Argument(help: "A file of `policy train`, or a checkpoint that holds a whole policy.", completion: .file())
  var policy: String

  @Option(
    name: .long, help: "The VLM that the policy stands on (default: as its file says).", completion: .file())
  var backbone: String?

  @Option(name: .long, help: "Run linear layers as stored, or as float32 or int8.")
  var precision: Precision = .stored

  @Option(name: .long, help: "What actions mean, of a checkpoint that does not say it.")
  var actions: ActionConvention?

  @Option(name: .long, help: "Statistics of actions (JSON).", completion: .file(extensions: ["json"]))
  var statistics: String?

  @Option(name: .long, help: "The data set that is meant, where the statistics are of several.")
  var statisticsOf: String?

  /// Opens it, and says what was chosen or is odd.
  func open(_ query: QueryOptions, _ common: CommonOptions) throws -> Policy {
    var options = Policy.Options()
    (options.backbone, options.precision, options.convention) = (backbone, precision, actions)
    (options.statistics, options.dataset) = (statistics, statisticsOf)
    (options.positions, options.attention) = (query.positions, query.attention)
    (options.pictures, options.deepstack) = (query.pictures, query.deepstack)
    let policy = try common.run { try Policy.open(self.policy, options, progress: $0) }
    StandardStreams.say(policy.notices)
    return policy
  }
}
