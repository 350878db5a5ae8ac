package import Mapping

/// How a model's authors draw a parameter before training.
package enum ParameterDistribution: Equatable, Sendable {
  case zeros
  case ones
  /// One value throughout.
  case constant(Double)
  /// Mean 0.
  case normal(deviation: Double)
  /// Between `-bound` and `bound`.
  case uniform(bound: Double)
  /// The logarithm of what is uniform between two bounds.
  case logUniform(Double, Double)

  /// The distribution of a language model's parameter: weights, tables and routers normal, biases zero, gains one (as
  /// `PreTrainedModel._init_weights` of transformers 5.23).
  package init(_ parameter: ParameterSpecification, in language: LanguageConfiguration) {
    self =
      switch parameter.role {
      case .norm where parameter.name.contains(".linear_attention."): .ones
      case .norm:
        // A gain of `1 + weight` is one where the weight is zero.
        parameter.name.hasSuffix(".weight") && language.unitOffsetNorm != true ? .ones : .zeros
      case .scalar where parameter.name.hasSuffix(".step_bias"): .ones
      case .scalar where parameter.name.hasSuffix(".decay_log"): .logUniform(0.01, 16)
      case .bias: .zeros
      default: .normal(deviation: language.initializerRange ?? 0.02)
      }
  }

  /// The distribution of a vision or projector parameter, by its role and the encoder's scheme.
  ///
  /// As `_init_weights` of transformers 5.23. `shape` is `[out, in]` for weights.
  ///
  /// - Parameters:
  ///   - vision: the encoder that the parameter belongs to.
  ///   - isOwnProjector: the parameter is of a projector between two models, which neither's authors draw.
  ///   - hasUnitOffset: norms multiply by `1 + weight`.
  package init(
    _ parameter: ParameterSpecification, in vision: VisionConfiguration, isOwnProjector: Bool = false,
    hasUnitOffset: Bool = false
  ) {
    let name = parameter.name
    if parameter.role == .norm, name.hasSuffix(".scale1") || name.hasSuffix(".scale2") {
      self = .constant(vision.layerScaleInitial ?? 1)
    } else if parameter.role == .norm {
      self = name.hasSuffix(".weight") && !hasUnitOffset ? .ones : .zeros
    } else {
      switch isOwnProjector ? .normal : vision.initialization ?? .normal {
      case .normal:
        self = parameter.role == .bias ? .zeros : .normal(deviation: vision.initializerRange ?? 0.02)
      case .clip: self = Self.clip(parameter, vision)
      case .siglip: self = Self.siglip(parameter, vision)
      }
    }
  }

  /// Deviations that keep the residual stream's scale over depth (`CLIPPreTrainedModel._init_weights`).
  private static func clip(_ parameter: ParameterSpecification, _ vision: VisionConfiguration) -> Self {
    if parameter.role == .bias { return .zeros }
    let perWidth = 1 / Double(vision.width).squareRoot()
    let overDepth = 1 / Double(2 * vision.depth).squareRoot()
    switch parameter.name.split(separator: ".").dropLast().last {
    case "query", "key", "value", "down": return .normal(deviation: perWidth * overDepth)
    case "output": return .normal(deviation: perWidth)
    case "up": return .normal(deviation: 1 / Double(2 * vision.width).squareRoot())
    case "patch_embedding", "position_embedding": return .normal(deviation: vision.initializerRange ?? 0.02)
    default: return .normal(deviation: perWidth)  // class token and projection
    }
  }

  /// Xavier and LeCun, after the JAX original (`SiglipPreTrainedModel._init_weights`).
  private static func siglip(_ parameter: ParameterSpecification, _ vision: VisionConfiguration) -> Self {
    let name = ModelConfiguration.encoder(ofParameter: parameter.name)?.rest ?? parameter.name[...]
    if parameter.role == .bias { return name.contains(".mlp.") ? .normal(deviation: 1e-6) : .zeros }
    let width = Double(vision.width)
    if name == "position_embedding.weight" { return .normal(deviation: 1 / width.squareRoot()) }
    if name == "pooling.probe" { return .uniform(bound: (3 / width).squareRoot()) }
    let (outputs, inputs) = (Double(parameter.shape[0]), Double(parameter.shape.dropFirst().reduce(1, *)))
    if name.hasPrefix("pooling.attention."), !name.hasSuffix("output.weight") {
      // Query, key and value are drawn as the one matrix [3 * width, width] that they are stored in.
      return .uniform(bound: (6 / (3 * outputs + inputs)).squareRoot())
    }
    if name.hasPrefix("blocks.") || name.hasPrefix("pooling.mlp.") {
      return .uniform(bound: (6 / (outputs + inputs)).squareRoot())
    }
    // LeCun's, widened as if it were cut at two deviations (transformers divides by 0.8796… but cuts at ±2 absolute).
    return .normal(deviation: 1 / inputs.squareRoot() / 0.87962566103423978)
  }
}
