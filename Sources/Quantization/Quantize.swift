internal import Foundation
package import Mapping
package import Tensors

/// A whole quantize run: from a checkpoint to a directory and a report.
package enum Quantize {
  /// Quantizes as `options` say; with `dryRun` only plans.
  ///
  /// Reads headers, settles every layer, then makes, hashes and writes slice by slice on all threads. Memory
  /// does not grow with the model. The output directory appears whole or not at all; an interrupted run is
  /// gone on with.
  ///
  /// - Parameter checkpoint: opened with or without exact coverage, which is asked for here.
  /// - Throws: `VLMError`: what planning and writing throw; `weightNotFinite` naming the tensor.
  package static func run(
    _ checkpoint: MappedCheckpoint, _ options: QuantizationOptions, progress: ProgressHandler? = nil
  ) throws(VLMError) -> QuantizationReport {
    let start = ContinuousClock.now
    let job = try QuantizationJob(checkpoint, options)
    try Conversion.checkPlace(job.conversion, job.conversionOptions)
    if options.dryRun { return try job.report(Conversion.summary(job.conversion, job.conversionOptions)) }
    let summary = try Conversion.run(job.conversion, job.conversionOptions, progress: progress)
    let losses = try job.losses()
    let took = ContinuousClock.now - start
    return job.report(summary, losses: losses, seconds: took / .seconds(1))
  }
}
