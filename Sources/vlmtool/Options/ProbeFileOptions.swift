import ArgumentParser
import Features
import Files
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

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Encode only the third of sixteen parts, such as 3/16, and keep the activations in --cache for the run that fits.",
      valueName: "k/n"))
  var part: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Read activations in this directory too, which was the --cache of runs with --part (repeatable); nothing is written there.",
      valueName: "dir"),
    completion: .directory)
  var features: [String] = []

  func validate() throws {
    if let part, Share(part) == nil { throw ValidationError("--part \(part): write it as 3/16") }
    if part != nil, kept.noCache { throw ValidationError("--part and --no-cache exclude each other: what is encoded would be lost") }
    if !features.isEmpty, kept.noCache { throw ValidationError("--features and --no-cache exclude each other") }
    if part != nil, export != nil { throw ValidationError("--part fits nothing, and so has nothing to --export") }
  }

  /// - Throws: `files.file.notFound` for a directory of `--features` that is not there.
  func readCaches() throws(VLMError) -> [String] {
    for directory in features {
      var isDirectory: ObjCBool = false
      guard FileManager.default.fileExists(atPath: directory, isDirectory: &isDirectory), isDirectory.boolValue else {
        throw VLMError(
          .fileNotFound, "no such directory of activations", file: directory, remedy: "give the --cache of a run with --part")
      }
    }
    return features
  }

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
