internal import Checkpoints
internal import Files
internal import Foundation
internal import Mapping
internal import Tensors

/// A quantize run that is settled: what the conversion writes, with linear weights replaced by codes and
/// scales.
struct QuantizationJob {
  let options: QuantizationOptions
  let conversion: ConversionPlan
  let decisions: [LayerDecision]
  let layers: [any LayerQuantizer]
  /// `nil` unless it is asked for, and of a dry run.
  let smoothing: Smoothing?

  /// Plans, from headers alone; but for smoothing, which looks at the weights.
  init(
    _ checkpoint: MappedCheckpoint, _ options: QuantizationOptions, progress: ProgressHandler? = nil
  ) throws(VLMError) {
    try Self.refuseQuantized(checkpoint)
    try checkpoint.requireExactCoverage()

    var conversion = try ConversionPlan(of: checkpoint, to: options.format.output, catalog: checkpoint.catalog)
    guard !options.needsCalibration || options.conversion.dryRun || !options.inputs.isEmpty else {
      throw VLMError(
        .schemeRefused, "\(options.scheme.id) has to see what comes into layers, and nothing was shown to the model",
        file: checkpoint.path, remedy: "give demonstrations or pictures with --calibrate")
    }
    func planned(_ factors: [String: RescaledParameter] = [:]) throws(VLMError) -> QuantizationPlan {
      var candidates = PlanCandidate.all(of: conversion, in: options.format)
      for index in candidates.indices {
        candidates[index].inputPeak = Self.inputPeak(conversion.entries[index], options, factors)
      }
      return try QuantizationPlan(
        candidates, layout: options.layout, granularity: options.granularity, only: options.only, keep: options.keep)
    }
    var plan = try planned()
    smoothing =
      options.smooths && !options.conversion.dryRun
      ? try Self.smoothing(checkpoint, conversion, plan, options, progress) : nil
    if let smoothing {
      try conversion.rescale(smoothing.factors)
      plan = try planned(smoothing.factors)
    }
    var layers: [any LayerQuantizer] = []
    for (index, outcome) in plan.outcomes(noting: LossAccumulator()).enumerated() {
      guard let layer = outcome.layer else { continue }
      conversion.entries[index].steps.append(layer.step)
      conversion.entries[index].tensors = outcome.tensors
      layers.append(layer)
    }
    // What nothing in the runtime reads may hold what it likes, such as the -inf of a mask.
    for index in conversion.entries.indices where !conversion.entries[index].parameters.isEmpty {
      conversion.entries[index].tensors = conversion.entries[index].tensors.map { tensor in
        tensor.refusingNotFinite { place, value in
          VLMError(
            .weightNotFinite, "element \(place) is \(Finiteness.word(value))", file: checkpoint.path,
            tensor: tensor.descriptor.name, remedy: "repair the checkpoint: what is computed with this is no number")
        }
      }
    }
    try options.format.describe(&conversion, options, plan.decisions)
    conversion.notes += Self.notes(plan.decisions)
    self.options = options
    self.conversion = conversion
    self.layers = layers
    decisions = plan.decisions
  }

  /// The largest magnitude that came into the parameters of an entry, once channels are divided; of a dry run, nobody knows.
  private static func inputPeak(
    _ entry: ConversionEntry, _ options: QuantizationOptions, _ factors: [String: RescaledParameter]
  ) -> Float? {
    if options.conversion.dryRun { return 1 }
    let peaks = entry.parameters.compactMap { parameter in
      options.inputs[parameter].flatMap { inputs in
        let powers = factors[parameter]?.columns ?? []
        return inputs.strengths.peaks.enumerated().map { column, peak in
          powers.isEmpty ? peak : Float(sign: .plus, exponent: -Int(powers[column]), significand: peak)
        }.max()
      }
    }
    return peaks.count == entry.parameters.count ? peaks.max() : nil
  }

  var conversionOptions: Conversion.Options {
    var conversion = options.conversion
    conversion.settings = "quantize \(options.format.name) \(options.scheme.id) \(options.granularity)"
    if let smoothing { conversion.settings += " smoothed \(smoothing.digest)" }
    if options.needsCalibration {
      let peaks = options.inputs.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.strengths.peaks.max() ?? 0)" }
      conversion.settings += " calibrated \(SeededGenerator.hash(of: peaks.joined(separator: "\n")))"
    }
    return conversion
  }

  private static func smoothing(
    _ checkpoint: MappedCheckpoint, _ conversion: ConversionPlan, _ plan: QuantizationPlan, _ options: QuantizationOptions,
    _ progress: ProgressHandler?
  ) throws(VLMError) -> Smoothing {
    let quantized = zip(conversion.entries, plan.decisions).flatMap { $1.isQuantized ? $0.parameters : [] }
    do {
      return try Smoothing(of: checkpoint, quantizing: Set(quantized), activations: options.scheme.activations, inputs: options.inputs,
        progress: progress)
    } catch let error as VLMError {
      throw error
    } catch {
      throw VLMError(.weightNotFinite, "its weights cannot be read: \(error)", file: checkpoint.path, cause: error)
    }
  }

  private static func refuseQuantized(_ checkpoint: MappedCheckpoint) throws(VLMError) {
    guard let scheme = checkpoint.configuration.quantization?.scheme else { return }
    throw VLMError(
      .alreadyQuantized, "this checkpoint is quantized already (\(scheme))", file: checkpoint.path,
      remedy: "start from the checkpoint it was made from")
  }

  /// What somebody should know before work starts, one line a kind of fallback.
  private static func notes(_ decisions: [LayerDecision]) -> [String] {
    let fallbacks = Dictionary(grouping: decisions.filter { $0.fallback != nil }) { $0.fallback! }
    return fallbacks.sorted { $0.key < $1.key }.map { reason, layers in
      "\(layers.count) layers get one scale per channel: \(reason)"
    }
  }
}
