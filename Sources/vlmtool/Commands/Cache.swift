import ArgumentParser
import Features
import Foundation
import Reports
import Tensors

struct Cache: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show, limit and clear the activations that probes keep.",
    discussion: """
      A probe keeps what an encoder said of the frames, so that the next one on the same checkpoint and frames need not run \
      it again. They are in XDG_CACHE_HOME/vlmtool or ~/.cache/vlmtool and take 20 GB at most, or what VLMTOOL_CACHE_LIMIT \
      says (such as 50GB); what was used least goes first. Files that are not this tool's are never touched.

      EXAMPLES
        vlmtool cache
        vlmtool cache prune --limit 5GB
        vlmtool cache clear
      """,
    subcommands: [CacheList.self, CachePrune.self, CacheClear.self], defaultSubcommand: CacheList.self)
}

/// Which cache a command is about.
struct CacheOptions: ParsableArguments {
  @Option(
    name: .long, help: "The directory that --cache of a probe named, instead of the user's cache.",
    completion: .directory)
  var cache: String?

  var store: FeatureStore { cache.map { FeatureStore($0) } ?? .standard() }

  /// What it may take; a directory that a user named has no limit.
  func limit() throws(VLMError) -> Int? { cache == nil ? try FeatureStore.limit() : nil }

  func report(removed: [FeatureStore.Entry] = []) throws(VLMError) -> CacheReport {
    CacheReport(directory: store.directory, limit: try limit(), contents: store.contents(), removed: removed)
  }
}

struct CacheList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List what is kept, with its size and when it was used last.")

  @OptionGroup var cache: CacheOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let report = try common.run { _ in try cache.report() }
    try common.print(report, as: .cache) { report.render(on: $0) }
  }
}

struct CachePrune: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune",
    abstract: "Remove what killed runs left, and what was used least until the limit is kept.")

  @OptionGroup var cache: CacheOptions
  @OptionGroup var common: CommonOptions

  @Option(name: .long, help: "What may stay, such as 5GB (default: VLMTOOL_CACHE_LIMIT, or 20GB).")
  var limit: ByteCount?

  func run() throws {
    let report = try common.run { _ in
      let limit = try limit?.value ?? FeatureStore.limit()
      return try cache.report(removed: cache.store.prune(to: limit))
    }
    try common.print(report, as: .cache) { report.render(on: $0) }
  }
}

struct CacheClear: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clear", abstract: "Remove all that is kept; other files in the directory stay.")

  @OptionGroup var cache: CacheOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let report = try common.run { _ in try cache.report(removed: cache.store.prune(to: 0)) }
    try common.print(report, as: .cache) { report.render(on: $0) }
  }
}

extension ByteCount: ExpressibleByArgument {
  package init?(argument: String) { self.init(argument) }
}
