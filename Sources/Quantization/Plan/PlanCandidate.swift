package import Checkpoints
package import Mapping
internal import Tensors

/// One tensor of the unquantized output, with what the plan must know to decide about it.
package struct PlanCandidate: Sendable {
  package enum Role: Sendable {
    case linear
    /// The linear layer that gives token logits.
    case head
    case other
  }

  /// How the output would make it unquantized; a linear weight is made by output channels.
  package let tensor: PlannedTensor
  package let component: ModelComponent
  package let role: Role
  /// Other names that `--keep` may call the layer by: its modules in the source.
  package let aliases: [String]
  /// Names the source in errors.
  package let file: String
  /// The largest magnitude that came into it in calibration; `nil`: nothing did.
  package var inputPeak: Float?
  /// Why the output format cannot hold this linear layer in codes, if so.
  package let formatObjection: String?

  package init(
    tensor: PlannedTensor, component: ModelComponent, role: Role, aliases: [String], file: String,
    formatObjection: String? = nil
  ) {
    self.tensor = tensor
    self.component = component
    self.role = role
    self.aliases = aliases
    self.file = file
    self.formatObjection = formatObjection
  }

  /// The aliases, where they say something that the tensor's own name does not.
  var otherNames: [String]? {
    aliases.isEmpty || aliases == [tensor.descriptor.name.droppingWeightSuffix] ? nil : aliases
  }

  /// Names without `.weight`, the tensor's own first.
  var moduleNames: [String] { [tensor.descriptor.name.droppingWeightSuffix] + aliases }

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
