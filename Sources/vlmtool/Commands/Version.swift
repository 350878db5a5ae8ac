import ArgumentParser
import Reports

struct Version: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say which version this is, and what it uses on this machine.",
    discussion: """
      EXAMPLES
        vlmtool version
        vlmtool version --json
      """)

  @OptionGroup var common: CommonOptions

  private struct Facts: Encodable {
    let version: String
    let kernels: String
    let threads: Int
  }

  func run() throws {
    let facts = try common.run { _ in
      Facts(version: VLMTool.version, kernels: Machine.kernels, threads: Machine.threads)
    }
    try common.print(facts, as: .version) { _ in "vlmtool \(facts.version) (\(Machine.summary))\n" }
  }
}
