import ArgumentParser
import Features
import Foundation
import Reports
import Tensors

/// Where activations are kept.
struct ActivationOptions: ParsableArguments {
  @Option(
    name: .long, help: "Keep activations in this directory instead of the user's cache.",
    completion: .directory)
  var cache: String?

  @Flag(name: .long, help: "Neither use nor keep activations of earlier runs.")
  var noCache = false

  func validate() throws {
    if cache != nil && noCache { throw ValidationError("--cache and --no-cache exclude each other") }
  }

  func place() throws(VLMError) -> FeatureCache.Place {
    if noCache { return .none }
    if let cache { return .directory(cache) }
    return .standard(limit: try FeatureStore.limit())
  }
}

/// Where activations are kept and features exported.
struct ProbeFileOptions: ParsableArguments {
  @OptionGroup var kept: ActivationOptions

  @Option(
    name: .long, help: "Write features, splits, targets and predictions here (HDF5).", completion: .file())
  var export: String?

  private var store: FeatureStore? { kept.noCache ? nil : kept.cache.map { FeatureStore($0) } ?? .standard() }

  /// How much this run keeps, and where.
  func note(usedSince start: Date) throws(VLMError) -> String? {
    guard let store else { return nil }
    let contents = store.contents()
    let used = contents.entries.filter { $0.lastUsed >= start }.reduce(0) { $0 + $1.bytes }
    let limit = kept.cache == nil ? " of at most \(Figure.bytes(try FeatureStore.limit()))" : ""
    return "note: this probe's activations take \(Figure.bytes(used)) in \(store.directory) "
      + "(\(Figure.bytes(contents.bytes))\(limit) in all; `vlmtool cache` shows and clears them)"
  }

  /// What Ctrl-C leaves.
  var adviceWhenInterrupted: String {
    guard let store else { return "nothing is kept; --cache keeps activations" }
    return "activations are kept in \(store.directory); the same command goes on from there"
  }
}
