import ArgumentParser
import Probing

/// Where activations are kept and features exported.
struct ProbeFileOptions: ParsableArguments {
  @Option(
    name: .long, help: "Keep activations in this directory instead of the user's cache.",
    completion: .directory)
  var cache: String?

  @Flag(name: .long, help: "Neither use nor keep activations of earlier runs.")
  var noCache = false

  @Option(
    name: .long, help: "Write features, splits, targets and predictions here (HDF5).", completion: .file())
  var export: String?

  func validate() throws {
    if cache != nil && noCache { throw ValidationError("--cache and --no-cache exclude each other") }
  }

  var place: FeatureCache.Place {
    if noCache { return .none }
    return cache.map { .directory($0) } ?? .standard
  }
}
