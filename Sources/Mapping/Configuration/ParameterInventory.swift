internal import Tensors

/// Parts of a model that are listed, quantized and probed separately.
public enum ModelComponent: String, Codable, Sendable, CaseIterable {
  case vision, projector, language, policy, other
}

/// What a parameter is to the layer that uses it.
///
/// `router`: what chooses experts, or how far a state of linear attention is kept and corrected; small, and never in int8.
package enum ParameterRole: String, Codable, Sendable {
  case linear, router, norm, embedding, convolution, bias, scalar
}

/// One parameter that a model of some configuration has.
package struct ParameterSpecification: Sendable, Equatable {
  package let name: String
  /// Extents, outermost first; linear weights are `[out, in]`.
  package let shape: [Int]
  package let component: ModelComponent
  package let role: ParameterRole
  /// A checkpoint may leave it out (the head, when it is tied to the embedding).
  package let isOptional: Bool
}

/// Every parameter of a model, from its configuration alone: the one place that says so.
package struct ParameterInventory: Sendable {
  /// In the order of the forward pass.
  package private(set) var parameters: [ParameterSpecification] = []
  private var indexes: [String: Int] = [:]

  package init(_ configuration: ModelConfiguration) {
    for (vision, root) in zip(configuration.encoders, ModelConfiguration.encoderRoots) { addVision(vision, root) }
    if let projector = configuration.projector, let vision = configuration.vision {
      addProjector(projector, vision, width: configuration.encoders.reduce(0) { $0 + $1.width })
    }
    if let language = configuration.language { addLanguage(language) }
    if let policy = configuration.policy, let language = configuration.language {
      addPolicy(policy, width: language.width)
    }
    if let contrastive = configuration.contrastive {
      add("contrastive.logit_scale", [1], .other, .scalar)
      if contrastive.hasLogitBias { add("contrastive.logit_bias", [1], .other, .scalar) }
    }
  }

  package subscript(name: String) -> ParameterSpecification? { indexes[name].map { parameters[$0] } }

  mutating func add(
    _ name: String, _ shape: [Int], _ component: ModelComponent, _ role: ParameterRole, optional: Bool = false
  ) {
    precondition(indexes[name] == nil, "\(name) listed twice")
    indexes[name] = parameters.count
    parameters.append(
      ParameterSpecification(name: name, shape: shape, component: component, role: role, isOptional: optional)
    )
  }

  mutating func addLinear(
    _ name: String, _ output: Int, _ input: Int, bias: Bool, _ component: ModelComponent
  ) {
    add("\(name).weight", [output, input], component, .linear)
    if bias { add("\(name).bias", [output], component, .bias) }
  }

  mutating func addNorm(_ name: String, _ kind: NormKind, _ width: Int, _ component: ModelComponent) {
    add("\(name).weight", [width], component, .norm)
    if kind == .layerNorm { add("\(name).bias", [width], component, .norm) }
  }

  mutating func addMLP(
    _ name: String, _ kind: MLPKind, width: Int, hidden: Int, bias: Bool, _ component: ModelComponent
  ) {
    if kind == .gated { addLinear("\(name).gate", hidden, width, bias: bias, component) }
    addLinear("\(name).up", hidden, width, bias: bias, component)
    addLinear("\(name).down", width, hidden, bias: bias, component)
  }
}
