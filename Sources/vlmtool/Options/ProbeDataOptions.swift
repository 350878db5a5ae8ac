import ArgumentParser
import VLMToolKit

/// The demonstrations of a probe, and what is read of them.
struct ProbeDataOptions: ParsableArguments {
  @Option(name: .long, help: "\(DemonstrationFormat.choices).", completion: .file())
  var data: String

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What to probe for (repeatable): \(ProbeTarget.choices), any numeric observation.",
      valueName: "target"),
    completion: .list(ProbeTarget.all.map(\.id)))
  var target: [String] = []

  func validate() throws {
    for name in target {
      do throws(VLMError) {
        _ = try ProbeTarget.named(name)
      } catch {
        throw ValidationError("--target: \(error)")
      }
    }
  }
}
