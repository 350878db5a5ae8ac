internal import Tensors

/// Parts of a model that are listed, quantized and probed separately.
public enum ModelComponent: String, Codable, Sendable, CaseIterable {
  case vision, projector, language, other
}

/// What a parameter is to the layer that uses it.
public enum ParameterRole: String, Codable, Sendable {
  case linear, norm, embedding, convolution, bias, scalar
}

/// One parameter that a model of some configuration has.
public struct ParameterSpecification: Sendable, Equatable {
  public let name: String
  /// Extents, outermost first; linear weights are `[out, in]`.
  public let shape: [Int]
  public let component: ModelComponent
  public let role: ParameterRole
  /// A checkpoint may leave it out (the head, when it is tied to the embedding).
  public let isOptional: Bool
}

/// Every parameter of a model, from its configuration alone: the one place that says so.
public struct ParameterInventory: Sendable {
  /// In the order of the forward pass.
  public private(set) var parameters: [ParameterSpecification] = []
  private var indexes: [String: Int] = [:]

  public init(_ configuration: ModelConfiguration) {
    if let vision = configuration.vision { addVision(vision) }
    if let projector = configuration.projector, let vision = configuration.vision {
      addProjector(projector, vision)
    }
    if let language = configuration.language { addLanguage(language) }
    if let contrastive = configuration.contrastive {
      add("contrastive.logit_scale", [1], .other, .scalar)
      if contrastive.hasLogitBias { add("contrastive.logit_bias", [1], .other, .scalar) }
    }
  }

  public subscript(name: String) -> ParameterSpecification? { indexes[name].map { parameters[$0] } }

  private mutating func add(
    _ name: String, _ shape: [Int], _ component: ModelComponent, _ role: ParameterRole, optional: Bool = false
  ) {
    precondition(indexes[name] == nil, "\(name) listed twice")
    indexes[name] = parameters.count
    parameters.append(
      ParameterSpecification(name: name, shape: shape, component: component, role: role, isOptional: optional)
    )
  }

  private mutating func addLinear(
    _ name: String, _ output: Int, _ input: Int, bias: Bool, _ component: ModelComponent
  ) {
    add("\(name).weight", [output, input], component, .linear)
    if bias { add("\(name).bias", [output], component, .bias) }
  }

  private mutating func addNorm(_ name: String, _ kind: NormKind, _ width: Int, _ component: ModelComponent) {
    add("\(name).weight", [width], component, .norm)
    if kind == .layerNorm { add("\(name).bias", [width], component, .norm) }
  }

  private mutating func addMLP(
    _ name: String, _ kind: MLPKind, width: Int, hidden: Int, bias: Bool, _ component: ModelComponent
  ) {
    if kind == .gated { addLinear("\(name).gate", hidden, width, bias: bias, component) }
    addLinear("\(name).up", hidden, width, bias: bias, component)
    addLinear("\(name).down", width, hidden, bias: bias, component)
  }

  private mutating func addVision(_ vision: VisionConfiguration) {
    let width = vision.width
    add("vision.patch_embedding.weight", [width, vision.patchValues], .vision, .convolution)
    if vision.patchBias { add("vision.patch_embedding.bias", [width], .vision, .bias) }
    if vision.hasClassToken { add("vision.class_embedding", [width], .vision, .embedding) }
    if vision.position == .learned, let grid = vision.nativeGrid {
      let positions = grid * grid + (vision.hasClassToken ? 1 : 0)
      add("vision.position_embedding.weight", [positions, width], .vision, .embedding)
    }
    if vision.hasPreNorm { addNorm("vision.pre_norm", vision.norm, width, .vision) }
    for index in 0..<vision.depth {
      let block = "vision.blocks.\(index)"
      addNorm("\(block).norm1", vision.norm, width, .vision)
      for part in ["query", "key", "value", "output"] {
        addLinear("\(block).attention.\(part)", width, width, bias: vision.attentionBias, .vision)
      }
      addNorm("\(block).norm2", vision.norm, width, .vision)
      addMLP("\(block).mlp", vision.mlp, width: width, hidden: vision.mlpWidth, bias: vision.mlpBias, .vision)
    }
    if vision.hasFinalNorm { addNorm("vision.norm", vision.norm, width, .vision) }
    if vision.pooling == .attention {
      add("vision.pooling.probe", [width], .vision, .embedding)
      for part in ["query", "key", "value", "output"] {
        addLinear("vision.pooling.attention.\(part)", width, width, bias: true, .vision)
      }
      addNorm("vision.pooling.norm", vision.norm, width, .vision)
      addMLP(
        "vision.pooling.mlp", .plain, width: width, hidden: vision.mlpWidth, bias: vision.mlpBias, .vision)
    }
  }

  private mutating func addProjector(_ projector: ProjectorConfiguration, _ vision: VisionConfiguration) {
    if let norm = projector.norm { addNorm("projector.norm", norm, vision.width, .projector) }
    var input = vision.width
    if projector.kind == .merger { input *= vision.spatialMergeSize * vision.spatialMergeSize }
    for (index, width) in projector.layerWidths.enumerated() {
      addLinear("projector.layers.\(index)", width, input, bias: projector.bias, .projector)
      input = width
    }
  }

  private mutating func addLanguage(_ language: LanguageConfiguration) {
    let width = language.width
    add("language.token_embedding.weight", [language.vocabularySize, width], .language, .embedding)
    if let positions = language.learnedPositions {
      add("language.position_embedding.weight", [positions, width], .language, .embedding)
    }
    let queries = language.heads * language.headWidth
    let keys = language.keyValueHeads * language.headWidth
    for index in 0..<language.depth {
      let block = "language.blocks.\(index)"
      addNorm("\(block).norm1", language.norm, width, .language)
      addLinear("\(block).attention.query", queries, width, bias: language.attentionBias, .language)
      addLinear("\(block).attention.key", keys, width, bias: language.attentionBias, .language)
      addLinear("\(block).attention.value", keys, width, bias: language.attentionBias, .language)
      addLinear("\(block).attention.output", width, queries, bias: language.attentionOutputBias, .language)
      addNorm("\(block).norm2", language.norm, width, .language)
      addMLP(
        "\(block).mlp", language.mlp, width: width, hidden: language.mlpWidth, bias: language.mlpBias,
        .language)
    }
    addNorm("language.norm", language.norm, width, .language)
    if language.hasHead {
      add(
        "language.head.weight", [language.vocabularySize, width], .language, .linear,
        optional: language.tiedEmbeddings)
    }
    if let projection = language.projectionWidth {
      addLinear(
        "language.projection", projection, width, bias: language.projectionBias ?? false, .language)
    }
  }
}
