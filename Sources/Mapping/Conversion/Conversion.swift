internal import Checkpoints
internal import Files
internal import Foundation
public import Tensors

extension MappedCheckpoint {
  /// Writes the checkpoint in another layout: moves bytes, never rounds.
  ///
  /// Weights that another library quantized are written as the floats that it makes of them, where the options say so.
  ///
  /// Headers settle everything first; then tensors go slice by slice through all threads, so that memory does not grow with
  /// the model. The directory appears whole or not at all, with a `Manifest`; an interrupted run is gone on with.
  ///
  ///     try checkpoint.convert(to: .hf, Conversion.Options(output: "back"))
  ///
  /// - Parameter dialect: whose names are written, where the format has several; by default the checkpoint's own.
  /// - Throws: when weights are quantized and are not to be written as floats, coverage is not exact, a parameter has no way into the format, or the directory cannot be written or
  ///   holds what may not be replaced.
  @discardableResult public func convert(
    to format: OutputFormat, dialect: String? = nil, _ options: Conversion.Options,
    progress: ProgressHandler? = nil
  ) throws(VLMError) -> ConversionSummary {
    if let quantized, !options.dequantizing {
      let (stored, read) = (quantized.storedByteCount, reader.tensors.reduce(0) { $0 + $1.byteCount })
      throw VLMError(
        .conversionQuantized,
        "its weights are quantized (\(quantized.method)), \(stored) bytes in all; they would be written as floats, \(read) bytes",
        file: path,
        remedy: "--dequantize writes them so; vlmtool quantize makes int8 of them again")
    }
    try requireExactCoverage()
    let plan = try ConversionPlan(of: self, to: format, dialect: dialect, catalog: catalog)
    return try Conversion.run(plan, options, progress: progress)
  }
}

/// Carries out a `ConversionPlan`.
public enum Conversion {
  /// Where a checkpoint is written, and how.
  public struct Options: Sendable {
    /// The output directory, whose parent is there.
    public var output: String
    /// Whether a checkpoint that this tool wrote there may be replaced.
    public var replacing = false
    /// Settles everything and checks the place, but writes nothing.
    public var dryRun = false
    /// Whether weights that another library quantized may be written as floats, which take more space.
    public var dequantizing = false
    /// Bytes of tensor data after which the next file begins.
    public var maximumShardByteCount = 5_000_000_000
    /// What this run does of the work, beside others that do the rest; `nil`: all that is not done.
    public var share: Share?
    /// Whatever else determines the output (a quantizing scheme), for resuming.
    package var settings = ""
    package var threads = Parallel.threads

    /// Writes to a directory that is not there yet.
    public init(output: String) { self.output = output }
  }

  /// Writes the plan, as `MappedCheckpoint.convert` says; with `dryRun` checks the place and touches nothing, with a share leaves the
  /// directory hidden.
  package static func run(
    _ plan: ConversionPlan, _ options: Options, progress: ProgressHandler? = nil
  ) throws(VLMError) -> ConversionSummary {
    let replaced = options.replacing ? Manifest.unchangedFiles : nil
    if options.dryRun {
      try AtomicDirectory.check(options.output, apartFrom: plan.source.inputs, replacing: replaced)
      return try summary(plan, options, plan.format.writer(plan, options), resumedByteCount: nil)
    }
    let writer = try plan.format.writer(plan, options)
    let directory = try AtomicDirectory(
      options.output, apartFrom: plan.source.inputs, replacing: replaced,
      identity: identity(of: plan, options), share: options.share)
    if options.share != nil {
      let share = try writer.writeShare(of: plan.tensors, hashing: plan.hashedSources, in: directory, progress: progress)
      directory.leave()
      return try summary(plan, options, writer, resumedByteCount: share.resumedByteCount, share: share)
    }
    var files: [Manifest.File] = []
    func write(_ data: Data, as name: String) throws(VLMError) {
      try directory.write([UInt8](data), to: name)
      files.append(Manifest.File(name: name, sha256: SHA256.hash(of: data)))
    }
    let written = try writer.write(
      plan.tensors, hashing: plan.hashedSources, into: directory, progress: progress)
    for file in plan.madeFiles { try write(file.text, as: file.name) }
    for name in plan.companions.copied { try plan.companions.put(name, into: directory) }
    let shards = Set(written.tensors.map(\.file))
    for name in plan.companions.copied + written.files.filter({ !shards.contains($0) }) {
      files.append(Manifest.File(name: name, sha256: try hash(ofFile: directory.stagedPath(name))))
    }
    try directory.write([UInt8](Manifest(plan, written: written, files: files).text), to: Manifest.fileName)
    try directory.commit()
    return try summary(plan, options, writer, resumedByteCount: written.resumedByteCount)
  }

  /// - Parameters:
  ///   - resumedByteCount: `nil` when nothing is written.
  ///   - share: what was made of a whole that is not there yet.
  private static func summary(
    _ plan: ConversionPlan, _ options: Options, _ writer: any CheckpointWriter, resumedByteCount: Int?,
    share: WrittenShare? = nil
  ) throws(VLMError) -> ConversionSummary {
    let tensors = plan.tensors
    return ConversionSummary(
      plan, layout: try writer.layout(of: tensors), bufferByteCount: writer.bufferByteCount(of: tensors),
      options, resumedByteCount: resumedByteCount, share: share)
  }

  private static func identity(of plan: ConversionPlan, _ options: Options) -> String {
    let settings = [
      "convert", plan.format.name, plan.configuration.family, plan.configuration.dialect,
      "\(options.maximumShardByteCount)", options.settings,
    ]
    return
      (settings + plan.madeFiles.map { SHA256.hash(of: $0.text) } + [
        Checkpoint.identity(of: plan.source.reader)
      ])
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
