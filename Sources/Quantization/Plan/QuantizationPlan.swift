package import Checkpoints
internal import Files
package import Mapping
package import Tensors

/// What happens to every tensor of a checkpoint, settled from headers alone.
package struct QuantizationPlan: Sendable {
  /// One for each candidate, in their order.
  package let decisions: [LayerDecision]
  /// How output tensors are stored.
  package let layout: QuantizedLayout
  private let candidates: [PlanCandidate]

  /// - Throws: `granularityRefused`, `alreadyQuantized`, `patternMatchesNothing` (naming near names),
  ///   `nothingToQuantize`.
  package init(
    _ candidates: [PlanCandidate], layout: QuantizedLayout, granularity: Granularity, only: Set<ModelComponent>?,
    keep: [NamePick]
  ) throws(VLMError) {
    try layout.scheme.validate(granularity)
    try Self.checkSelection(candidates, only: only, keep: keep)
    var decisions: [LayerDecision] = []
    for candidate in candidates {
      decisions.append(
        try Self.decide(candidate, granularity: granularity, only: only, keep: keep, layout: layout))
    }
    guard decisions.contains(where: \.isQuantized) else {
      throw VLMError(
        .nothingToQuantize, "--only and --keep leave no linear layer to quantize",
        remedy: "convert keeps every layer")
    }
    guard granularity == .channel || decisions.contains(where: { $0.groupSize != nil }) else {
      let widths = Set(
        zip(candidates, decisions).filter { $1.isQuantized }.map { $0.0.tensor.descriptor.shape.dimensions.last! })
      throw VLMError(
        .nothingToQuantize, "\(granularity) divides the inputs of no layer",
        remedy: "layers have \(widths.sorted().prefix(8).map(String.init).joined(separator: ", ")) inputs")
    }
    self.candidates = candidates
    self.decisions = decisions
    self.layout = layout
  }

  /// What becomes of one candidate.
  package struct Outcome: Sendable {
    /// What the output holds in its place.
    package let tensors: [PlannedTensor]
    /// Makes them, when the candidate is quantized.
    package let layer: (any LayerQuantizer)?
  }

  /// One for each candidate, in their order; sums of losses go to `losses`.
  package func outcomes(noting losses: LossAccumulator) -> [Outcome] {
    zip(candidates, decisions).map { candidate, decision in
      guard decision.isQuantized else { return Outcome(tensors: [candidate.tensor], layer: nil) }
      return layout.outcome(of: candidate, Granularity(groupSize: decision.groupSize), noting: losses)
    }
  }

  private static func decide(
    _ candidate: PlanCandidate, granularity: Granularity, only: Set<ModelComponent>?, keep: [NamePick],
    layout: QuantizedLayout
  ) throws(VLMError) -> LayerDecision {
    let descriptor = candidate.tensor.descriptor
    func decision(
      kept: KeepReason? = nil, _ granularity: Granularity? = nil, fallback: String? = nil
    ) -> LayerDecision {
      LayerDecision(
        name: descriptor.name, aliases: candidate.otherNames, component: candidate.component,
        dtype: descriptor.dtype.rawValue,
        shape: descriptor.shape.dimensions, keptBecause: kept, strategy: granularity?.strategy,
        groupSize: granularity?.groupSize, fallback: fallback, bytesBefore: descriptor.byteCount,
        bytesAfter: granularity.map { layout.byteCount(of: descriptor, granularity: $0) }
          ?? descriptor.byteCount)
    }
    guard candidate.role != .other else { return decision(kept: .notLinear) }
    guard descriptor.dtype.isFloatingPoint, descriptor.dtype.bits >= 16 else {
      throw VLMError(
        .alreadyQuantized, "holds \(descriptor.dtype.rawValue) weights: this checkpoint is quantized already",
        file: candidate.file, tensor: descriptor.name, remedy: "start from the checkpoint it was made from")
    }
    if candidate.role == .head { return decision(kept: .head) }
    if let objection = candidate.formatObjection { return decision(kept: .format(objection)) }
    guard Kernels.quantizes(descriptor.dtype), descriptor.shape.count > 0 else {
      return decision(kept: .format("\(descriptor.dtype.rawValue) \(descriptor.shape) is left as it is"))
    }
    if let only, !only.contains(candidate.component) { return decision(kept: .notSelected) }
    if let pattern = keep.first(where: { candidate.moduleNames.contains(where: $0.matches) }) {
      return decision(kept: .pattern(pattern.text))
    }
    if layout.scheme.activations == .staticPerLayer, candidate.inputPeak == nil {
      return decision(kept: .format("no calibration frame came to it"))
    }
    guard let columns = descriptor.shape.dimensions.last, !granularity.divides(columns: columns) else { return decision(granularity) }
    let reason = "\(granularity) does not divide \(columns) inputs"
    return layout.fallback.map { decision($0, fallback: reason) } ?? decision(kept: .format(reason))
  }

  private static func checkSelection(
    _ candidates: [PlanCandidate], only: Set<ModelComponent>?, keep: [NamePick]
  ) throws(VLMError) {
    let linear = candidates.filter { $0.role != .other }
    let parts = ModelComponent.allCases.filter { part in linear.contains { $0.component == part } }
    for part in ModelComponent.allCases where only?.contains(part) == true && !parts.contains(part) {
      throw VLMError(
        .patternMatchesNothing, "--only \(part.rawValue): this checkpoint has no linear layer there",
        remedy: "it has " + parts.map(\.rawValue).joined(separator: ", "))
    }
    for pattern in keep where !linear.contains(where: { $0.moduleNames.contains(where: pattern.matches) }) {
      let names = linear.flatMap(\.moduleNames)
      let near = NearestNames.patterns(for: pattern.text, among: names)
      let examples = near.isEmpty ? NearestNames.patterns(for: names[0], among: names.prefix(1)) : near
      throw VLMError(
        .patternMatchesNothing, "--keep \(pattern.text) matches no linear layer",
        remedy: near.isEmpty
          ? "names look like \(examples.joined(separator: " or "))"
          : "did you mean \(examples.joined(separator: " or "))?")
    }
  }
}
