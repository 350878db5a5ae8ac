internal import Foundation
public import Mapping
public import Tensors

extension MappedCheckpoint {
  /// Writes the checkpoint with linear layers in int8, and says what it cost.
  ///
  /// Headers settle every layer first; then weights are made, hashed and written slice by slice on all threads, so that memory
  /// does not grow with the model. The directory appears whole or not at all; an interrupted run is gone on with.
  ///
  ///     let report = try checkpoint.quantize(QuantizationOptions(output: "int8"))
  ///
  /// - Throws: when coverage is not exact, the weights are quantized already or a pattern matches nothing;
  ///   `quantization.weight.notFinite` naming the tensor; what `convert` throws.
  @discardableResult public func quantize(
    _ options: QuantizationOptions, progress: ProgressHandler? = nil
  ) throws(VLMError) -> QuantizationReport {
    let start = ContinuousClock.now
    let job = try QuantizationJob(self, options, progress: progress)
    let summary = try Conversion.run(job.conversion, job.conversionOptions) { report in
      var report = report
      report.activity = "quantizing"
      progress?(report)
    }
    if summary.dryRun { return job.report(summary) }
    let losses = try job.losses()
    let took = ContinuousClock.now - start
    return job.report(summary, losses: losses, seconds: took / .seconds(1))
  }
}
