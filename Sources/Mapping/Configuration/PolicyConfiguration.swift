internal import Tensors

/// What VLM4VLA adds to a VLM: a learned query behind the prompt, and a head that makes a chunk of actions of its last state.
package struct PolicyConfiguration: Codable, Sendable, Equatable {
  /// Actions predicted at once.
  package var chunk: Int
  /// Numbers of the arm in each.
  package var armDimensions: Int
  /// Width between the head's trunk and its two branches: 1024 in all of theirs.
  package var trunkWidth: Int
  /// Whether the robot's state goes in too (`use_state`), which no published configuration has.
  package var usesState: Bool

  package init(chunk: Int, armDimensions: Int = 6, trunkWidth: Int = 1024, usesState: Bool = false) {
    self.chunk = chunk
    self.armDimensions = armDimensions
    self.trunkWidth = trunkWidth
    self.usesState = usesState
  }

  /// As the head's last layers say it; `nil` where tensors are no policy's, or those two do not fit each other.
  init?(_ tensors: [TensorDescriptor], names: PlainNames) {
    let shapes = Dictionary(zip(names.plain, tensors.map(\.shape.dimensions))) { first, _ in first }
    guard shapes["action_token"] != nil, let arm = shapes["act_head.actions.mlp.6.weight"],
      let gripper = shapes["act_head.gripper.mlp.6.weight"], let trunk = shapes["act_head.mlp.2.weight"],
      let chunk = gripper.first, chunk > 0, let numbers = arm.first, numbers > 0, numbers % chunk == 0,
      let width = trunk.first
    else { return nil }
    self.init(
      chunk: chunk, armDimensions: numbers / chunk, trunkWidth: width,
      usesState: shapes["embed_state.weight"] != nil)
  }
}

extension ParameterInventory {
  mutating func addPolicy(_ policy: PolicyConfiguration, width: Int) {
    func add(_ name: String, _ widths: [Int]) {
      for (index, (inputs, outputs)) in zip(widths, widths.dropFirst()).enumerated() {
        addLinear("policy.head.\(name).\(index)", outputs, inputs, bias: true, .policy)
      }
    }
    self.add("policy.query", [width], .policy, .embedding)
    add("trunk", [width, width / 2, policy.trunkWidth])
    add("arm", [policy.trunkWidth, 1024, 512, 256, policy.chunk * policy.armDimensions])
    add("gripper", [policy.trunkWidth, 1024, 512, 256, policy.chunk])
  }
}

extension PlainNames {
  /// Takes out what stands before the names of a policy: `model.` and whatever a trainer put before that, and `backbone.` where it
  /// names the VLM's own tensors.
  mutating func unwrapPolicy() {
    let query = "action_token"
    guard let name = plain.first(where: { $0 == query || $0.hasSuffix("." + query) }) else { return }
    let prefix = String(name.dropLast(query.count))
    guard plain.contains(where: { $0.hasPrefix(prefix + "act_head.") }) else { return }
    let backbone = plain.indices.filter { plain[$0].hasPrefix(prefix + "backbone.") }
    let own = prefix.isEmpty ? [] : plain.indices.filter { plain[$0].hasPrefix(prefix) && !backbone.contains($0) }
    if !own.isEmpty { _ = remove(WrapperPiece(head: "", piece: prefix), at: own) }
    if !backbone.isEmpty { _ = remove(WrapperPiece(head: "", piece: prefix + "backbone."), at: backbone) }
  }
}
