internal import Checkpoints
package import Mapping
internal import Tensors

extension PlanCandidate {
  /// What a conversion would write, as candidates in the order of its entries.
  package static func all(of plan: ConversionPlan) -> [PlanCandidate] {
    let names = Set(plan.entries.map(\.name))
    return plan.entries.map { entry in
      let descriptor = entry.tensors[0].descriptor
      let isRuntime = plan.target == .runtime
      let role: Role = entry.role == .linear ? (entry.isHead ? .head : .linear) : .other
      return PlanCandidate(
        tensor: entry.tensors[0], component: entry.component, role: role,
        aliases: (isRuntime ? entry.sources : entry.parameters).map(\.droppingWeightSuffix), file: entry.file,
        formatObjection: isRuntime || role != .linear ? nil : objection(entry, descriptor, among: names))
    }
  }

  /// Why transformers would not load `entry`, a public tensor of linear weights, from codes and scales.
  private static func objection(
    _ entry: ConversionEntry, _ descriptor: TensorDescriptor, among names: Set<String>
  ) -> String? {
    let module = entry.name.droppingWeightSuffix
    guard entry.name.hasSuffix(".weight"), descriptor.shape.rank == 2 else {
      return "no nn.Linear in transformers"
    }
    if module.hasSuffix(".out_proj"), names.contains(module.dropLast(8) + "in_proj_weight") {
      return "part of an nn.MultiheadAttention, which reads its weight past the quantized layer"
    }
    return entry.transform.contains("transpose") ? "rows are inputs, not output channels" : nil
  }
}
