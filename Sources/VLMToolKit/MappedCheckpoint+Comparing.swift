public import Images
public import Mapping
public import Quantization
internal import Runtime
public import Tensors

extension MappedCheckpoint {
  /// Quantizes, and measures on pictures how far every stage of the vision side has moved from f32 by it.
  ///
  /// - Parameters:
  ///   - options: for a layout that can be read here, and not as a dry run; traps otherwise.
  ///   - images: run in f32 through the original and in int8 through what was written; without any it is `quantize` alone.
  ///   - calibration: on what it runs in f32 before, for layouts that ask what activations are like.
  /// - Returns: the report, with `stages` where there are pictures.
  /// - Throws: what `quantize` throws, and when the checkpoint has no vision encoder or a picture cannot be prepared.
  public func quantize(
    _ options: QuantizationOptions, comparingOn images: [RGBImage], calibratingOn calibration: Calibration? = nil,
    progress: ProgressHandler? = nil
  ) throws -> QuantizationReport {
    var options = options
    let seen = try options.conversion.dryRun ? nil : calibration?.run(self, for: options, progress: progress)
    options.inputs = seen?.inputs ?? [:]
    guard !images.isEmpty else {
      var report = try quantize(options, progress: progress)
      report.calibration = seen?.facts
      return report
    }
    precondition(
      options.format.output.isRuntime && !options.conversion.dryRun, "there is nothing written that could be run")
    var report = try quantize(options, progress: progress.map { withComparing($0) })
    report.calibration = seen?.facts
    report.stages = try StageCosines.measure(
      original: self, quantized: .open(options.conversion.output), images: images, progress: progress)
    return report
  }

  /// Says of the writing that comparing comes after it: loading and running the vision part twice takes, for its bytes, about
  /// as long as writing them does twice.
  private func withComparing(_ progress: @escaping ProgressHandler) -> ProgressHandler {
    let bytes = parameters.mapValues(\.byteCount)
    let vision = bytes.filter { !$0.key.hasPrefix("language.") }.values.reduce(0, +)
    let share = 2 * Double(vision) / Double(max(1, bytes.values.reduce(0, +)))
    return { report in
      var report = report
      report.later = Double(report.total) * share
      progress(report)
    }
  }
}
