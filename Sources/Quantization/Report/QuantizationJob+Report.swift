internal import Mapping
internal import Tensors

extension QuantizationJob {
  /// The loss of every quantized layer, in the order of `layers`; makes what an interrupted run had made
  /// before.
  func losses() throws(VLMError) -> [LossSums] {
    try Parallel.map(layers.count) { (index) throws(VLMError) in
      do {
        return try layers[index].loss()
      } catch let error as VLMError {
        throw error
      } catch {
        throw VLMError(
          .weightNotFinite, "its loss cannot be found: \(error)", file: conversion.source.path,
          tensor: layers[index].name, cause: error)
      }
    }
  }

  /// - Parameters:
  ///   - losses: of `layers`; none for a plan that was not carried out.
  func report(_ summary: ConversionSummary, losses: [LossSums] = [], seconds: Double? = nil)
    -> QuantizationReport
  {
    let decided = Dictionary(decisions.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let layerLosses = zip(layers, losses).map { layer, loss in
      LayerLoss(
        name: layer.name, aliases: decided[layer.name]!.aliases, component: decided[layer.name]!.component,
        decibels: loss.decibels)
    }.sorted { ($0.decibels ?? .infinity, $0.name) < ($1.decibels ?? .infinity, $1.name) }
    return QuantizationReport(
      checkpoint: conversion.source.path, dryRun: summary.dryRun, format: options.format.name,
      conversion: summary,
      scheme: options.scheme.id, schemeSummary: options.scheme.summary, granularity: "\(options.granularity)",
      activations: options.scheme.activations,
      components: ModelComponent.allCases.compactMap { Self.summary(of: $0, decisions, layerLosses) },
      fallbacks: decisions.filter { $0.fallback != nil }, keptLayers: decisions.filter(\.isKeptLayer),
      bytesBefore: decisions.reduce(0) { $0 + $1.bytesBefore },
      bytesAfter: decisions.reduce(0) { $0 + $1.bytesAfter },
      peakSliceBytes: summary.peakBufferBytes + Parallel.threads
        * (layers.map(\.scratchByteCount).max() ?? 0),
      layers: layerLosses, smoothing: smoothing?.places, seconds: seconds)
  }

  /// - Parameter losses: of all layers, worst first.
  private static func summary(
    of component: ModelComponent, _ decisions: [LayerDecision], _ losses: [LayerLoss]
  ) -> ComponentSummary? {
    let own = decisions.filter { $0.component == component }
    guard !own.isEmpty else { return nil }
    let quantized = own.filter(\.isQuantized)
    let kept = own.filter { !$0.isQuantized }
    let worst = losses.filter { $0.component == component }
    let decibels = worst.compactMap(\.decibels)
    return ComponentSummary(
      component: component, quantizedTensors: quantized.count,
      quantizedBytesBefore: quantized.reduce(0) { $0 + $1.bytesBefore },
      quantizedBytesAfter: quantized.reduce(0) { $0 + $1.bytesAfter }, keptTensors: kept.count,
      keptBytes: kept.reduce(0) { $0 + $1.bytesBefore }, worstDecibels: decibels.first,
      medianDecibels: decibels.isEmpty
        ? nil : (decibels[(decibels.count - 1) / 2] + decibels[decibels.count / 2]) / 2,
      worstLayers: Array(worst.prefix(3)))
  }
}
