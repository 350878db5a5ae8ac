internal import Checkpoints
internal import Files
internal import Foundation
package import Tensors

/// Carries out a `ConversionPlan`.
package enum Conversion {
  package struct Options: Sendable {
    /// The output directory.
    package var output: String
    /// Whether a checkpoint that this tool wrote there may be replaced.
    package var replacing = false
    package var maximumShardByteCount = 5_000_000_000
    /// Whatever else determines the output (a quantizing scheme), for resuming.
    package var settings = ""
    package var threads = Parallel.threads

    package init(output: String) { self.output = output }
  }

  /// Writes the plan; the output directory appears whole or not at all, and an interrupted run is gone on
  /// with.
  package static func run(
    _ plan: ConversionPlan, _ options: Options, progress: ProgressHandler? = nil
  ) throws(VLMError) -> ConversionSummary {
    let directory = try AtomicDirectory(
      options.output, apartFrom: plan.source.inputs,
      replacing: options.replacing ? Manifest.unchangedFiles : nil, identity: identity(of: plan, options))
    var files: [Manifest.File] = []
    func write(_ data: Data, as name: String) throws(VLMError) {
      try directory.write([UInt8](data), to: name)
      files.append(Manifest.File(name: name, sha256: SHA256.hash(of: data)))
    }
    let written = try plan.format.writer(options).write(
      plan.tensors, hashing: plan.hashedSources, into: directory, progress: progress)
    for file in plan.madeFiles { try write(file.text, as: file.name) }
    for name in plan.companions.copied { try directory.copy(plan.companions.path(of: name), as: name) }
    let shards = Set(written.tensors.map(\.file))
    for name in plan.companions.copied + written.files.filter({ !shards.contains($0) }) {
      files.append(Manifest.File(name: name, sha256: try hash(ofFile: directory.stagedPath(name))))
    }
    try directory.write([UInt8](Manifest(plan, written: written, files: files).text), to: Manifest.fileName)
    try directory.commit()
    return try summary(plan, options, resumedByteCount: written.resumedByteCount)
  }

  /// Says whether `run` would refuse the output directory, and touches nothing.
  package static func checkPlace(_ plan: ConversionPlan, _ options: Options) throws(VLMError) {
    try AtomicDirectory.check(
      options.output, apartFrom: plan.source.inputs,
      replacing: options.replacing ? Manifest.unchangedFiles : nil)
  }

  /// What `run` would write: from headers alone, nothing is touched.
  package static func summary(_ plan: ConversionPlan, _ options: Options) throws(VLMError)
    -> ConversionSummary
  {
    try summary(plan, options, resumedByteCount: nil)
  }

  /// - Parameter resumedByteCount: `nil` when nothing is written.
  private static func summary(
    _ plan: ConversionPlan, _ options: Options, resumedByteCount: Int?
  ) throws(VLMError) -> ConversionSummary {
    let writer = plan.format.writer(options)
    let tensors = plan.tensors
    return ConversionSummary(
      plan, layout: try writer.layout(of: tensors), bufferByteCount: writer.bufferByteCount(of: tensors), options,
      resumedByteCount: resumedByteCount)
  }

  private static func identity(of plan: ConversionPlan, _ options: Options) -> String {
    let settings = [
      "convert", plan.format.name, plan.configuration.family, plan.configuration.dialect,
      "\(options.maximumShardByteCount)", options.settings,
    ]
    return (settings + plan.madeFiles.map { SHA256.hash(of: $0.text) } + [Checkpoint.identity(of: plan.source.reader)])
      .joined(separator: "\n")
  }

  private static func hash(ofFile path: String) throws(VLMError) -> String {
    do {
      return SHA256.hash(of: try Data(contentsOf: URL(filePath: path)))
    } catch {
      throw VLMError(.configMissing, "cannot be read", file: path, cause: error)
    }
  }
}

extension SHA256 {
  static func hash(of data: Data) -> String { data.withUnsafeBytes { hash(of: $0) } }
}
