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
  let layers: [QuantizedLayer]

  /// Plans, from headers alone.
  init(_ checkpoint: MappedCheckpoint, _ options: QuantizationOptions) throws(VLMError) {
    try Self.refuseQuantized(checkpoint)
    if let error = checkpoint.coverage.error(file: checkpoint.path) { throw error }

    let isRuntime = options.format == .runtime
    var conversion = try ConversionPlan(
      of: checkpoint, to: isRuntime ? .runtime : .hf(dialect: nil), catalog: checkpoint.catalog)
    let plan = try QuantizationPlan(
      PlanCandidate.all(of: conversion), scheme: options.scheme, granularity: options.granularity,
      only: options.only,
      keep: options.keep,
      layout: isRuntime ? .runtime : .compressedTensors(options.scheme.compressedFormat))
    var layers: [QuantizedLayer] = []
    for (index, outcome) in plan.outcomes(noting: LossLedger()).enumerated() {
      guard let layer = outcome.layer else { continue }
      let step = "int8 per \(layer.codec.rows.granularity)"
      let before = conversion.entries[index].transform
      conversion.entries[index].transform = before == "rename" ? step : "\(before), \(step)"
      conversion.entries[index].tensors = outcome.tensors
      layers.append(layer)
    }
    if isRuntime {
      conversion.configuration.quantization = QuantizationConfiguration(
        scheme: options.scheme.id, strategy: options.granularity.strategy,
        groupSize: options.granularity.groupSize,
        kept: plan.decisions.filter(\.isKeptLayer).map(\.name))
    } else {
      conversion.publicConfig = try ConfigurationFile.adding(
        Self.compressedConfiguration(options, conversion, plan.decisions, checkpoint.catalog),
        to: conversion.publicConfig,
        file: checkpoint.directory + "/config.json")
    }
    conversion.notes += Self.notes(plan.decisions)
    self.options = options
    self.conversion = conversion
    self.layers = layers
    decisions = plan.decisions
  }

  var conversionOptions: Conversion.Options {
    var conversion = Conversion.Options(output: options.output)
    conversion.replacing = options.replacing
    conversion.maximumShardByteCount = options.maximumShardByteCount
    conversion.settings = "quantize \(options.format.rawValue) \(options.scheme.id) \(options.granularity)"
    return conversion
  }

  private static func refuseQuantized(_ checkpoint: MappedCheckpoint) throws(VLMError) {
    guard let scheme = checkpoint.configuration.quantization?.scheme else { return }
    throw VLMError(
      .alreadyQuantized, "this checkpoint is quantized already (\(scheme))", file: checkpoint.path,
      remedy: "start from the checkpoint it was made from")
  }

  /// `quantization_config` with modules in every spelling of the family's dialects: transformers and vLLM
  /// rename them.
  private static func compressedConfiguration(
    _ options: QuantizationOptions, _ conversion: ConversionPlan, _ decisions: [LayerDecision],
    _ catalog: FamilyCatalog
  ) -> CompressedTensorsConfiguration {
    let family = conversion.configuration.family
    func modules(_ parameters: [String]) -> [String] {
      parameters.flatMap { catalog.sourceNames(ofParameter: $0, family: family) }.map(\.droppingWeightSuffix)
    }
    func spellings(where selected: (LayerDecision) -> Bool) -> [String] {
      zip(conversion.entries, decisions).filter { $0.name.hasSuffix(".weight") && selected($1) }.flatMap {
        entry, _ in
        [entry.name.droppingWeightSuffix] + modules(entry.parameters)
      }
    }
    // A head that is tied to the embedding is a module without a tensor.
    let head = conversion.configuration.language?.hasHead == true ? modules(["language.head.weight"]) : []
    return CompressedTensorsConfiguration(
      scheme: options.scheme, granularity: options.granularity,
      ignore: Set(spellings(where: \.isKeptLayer) + head).sorted(),
      channelModules: Set(spellings { $0.fallback != nil }).sorted())
  }

  /// What somebody should know before work starts, one line a kind of fallback.
  private static func notes(_ decisions: [LayerDecision]) -> [String] {
    let fallbacks = Dictionary(grouping: decisions.filter { $0.fallback != nil }) { $0.fallback! }
    return fallbacks.sorted { $0.key < $1.key }.map { reason, layers in
      "\(layers.count) layers get one scale per channel: \(reason)"
    }
  }
}
