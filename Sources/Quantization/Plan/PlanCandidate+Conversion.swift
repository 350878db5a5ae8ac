internal import Checkpoints
package import Mapping
internal import Tensors

extension PlanCandidate {
  /// What a conversion would write, as candidates in the order of its entries.
  package static func all(of plan: ConversionPlan, in format: QuantizedFormat) -> [PlanCandidate] {
    let names = Set(plan.entries.map(\.name))
    return plan.entries.map { entry in
      let role: Role = entry.role == .linear ? (entry.isHead ? .head : .linear) : .other
      return PlanCandidate(
        tensor: entry.tensors[0], component: entry.component, role: role,
        aliases: (plan.format.isRuntime ? entry.sources : entry.parameters).map(\.droppingWeightSuffix), file: entry.file,
        formatObjection: role == .linear ? format.objection(entry, names) : nil)
    }
  }
}
