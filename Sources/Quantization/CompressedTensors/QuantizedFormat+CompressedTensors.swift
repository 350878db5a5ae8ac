internal import Checkpoints
internal import Files
internal import Mapping
internal import Tensors

extension QuantizedFormat {
  /// The source's public names and config, as compressed-tensors, transformers and vLLM load them.
  package static let compressedTensors = QuantizedFormat(
    name: "compressed-tensors", summary: "for transformers and vLLM", output: .hf,
    layouts: (QuantizationSchemes.all + [W4A16(), W8A8Static()]).map { .compressedTensors($0) }, objection: objection,
    describe: { (plan, options, decisions) throws(VLMError) in
      plan.publicConfig = try configuration(options, plan, decisions).added(
        to: plan.publicConfig, file: plan.source.directory + "/config.json")
      if case .compressedTensors(let scheme) = options.layout, scheme.compressedFormat == .packQuantized,
        asksForWeights.contains(plan.configuration.family)
      {
        plan.notes.append(
          "transformers 5.23 does not load packed weights of SigLIP's classes, which ask every linear layer for its `weight`; those "
            + "of w8a8 are not packed")
      }
    })

  /// Families whose classes in transformers 5.23 ask linear layers of the vision tower for a `weight` when they start (`_init_weights`
  /// of SigLIP).
  private static let asksForWeights: Set<String> = ["siglip", "siglip2", "paligemma", "paligemma2"]

  /// Why transformers would not load `entry`, a public tensor of linear weights, from codes and scales.
  private static func objection(_ entry: ConversionEntry, among names: Set<String>) -> String? {
    let module = entry.name.droppingWeightSuffix
    guard entry.name.hasSuffix(".weight"), entry.tensors[0].descriptor.shape.rank == 2 else {
      return "no nn.Linear in transformers"
    }
    if module.hasSuffix(".out_proj"), names.contains(module.dropLast(8) + "in_proj_weight") {
      return "part of an nn.MultiheadAttention, which reads its weight past the quantized layer"
    }
    return entry.steps.contains(where: \.transposes) ? "rows are inputs, not output channels" : nil
  }

  /// `quantization_config` with modules in every spelling of the family's dialects: transformers and vLLM
  /// rename them.
  private static func configuration(
    _ options: QuantizationOptions, _ plan: ConversionPlan, _ decisions: [LayerDecision]
  ) -> CompressedTensorsConfiguration {
    let family = plan.configuration.family
    let catalog = plan.source.catalog
    func modules(_ parameters: [String]) -> [String] {
      parameters.flatMap { catalog.sourceNames(ofParameter: $0, family: family) }.map(\.droppingWeightSuffix)
    }
    func spellings(where selected: (LayerDecision) -> Bool) -> [String] {
      zip(plan.entries, decisions).filter { $0.name.hasSuffix(".weight") && selected($1) }.flatMap {
        entry, _ in
        [entry.name.droppingWeightSuffix] + modules(entry.parameters)
      }
    }
    // A head that is tied to the embedding is a module without a tensor.
    let head = plan.configuration.language?.hasHead == true ? modules(["language.head.weight"]) : []
    guard case .compressedTensors(let scheme) = options.layout else { preconditionFailure("a layout of another format") }
    return CompressedTensorsConfiguration(
      scheme: scheme, granularity: options.granularity,
      ignore: Set(spellings(where: \.isKeptLayer) + head).sorted(),
      channelModules: Set(spellings { $0.fallback != nil }).sorted())
  }
}
