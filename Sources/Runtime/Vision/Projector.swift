internal import Mapping
internal import Tensors

/// Vision features to the language model's width: optional norm, then linear layers with an activation between.
struct Projector: Sendable {
  let kind: ProjectorKind
  let norm: Norm?
  /// Patches that are concatenated into one row of the first layer's input.
  let patchesPerRow: Int
  let layers: [Linear]
  let activation: Activation

  init(_ projector: ProjectorConfiguration, _ vision: VisionConfiguration, from loader: ModelLoader) throws {
    kind = projector.kind
    guard [.merger, .mlp, .pooledLinear].contains(kind) else {
      throw VLMError(.configurationInvalid, "this runtime has no projector of kind \(kind.rawValue)")
    }
    activation = projector.activation.kernel
    norm = try projector.norm.map {
      try Norm("projector.norm", kind: $0, width: vision.width, epsilon: projector.normEpsilon, from: loader)
    }
    patchesPerRow = kind == .merger ? vision.spatialMergeSize * vision.spatialMergeSize : 1
    var inputs = vision.width * patchesPerRow
    layers = try projector.layerWidths.enumerated().map { index, outputs in
      defer { inputs = outputs }
      return try Linear("projector.layers.\(index)", inputs: inputs, outputs: outputs, from: loader)
    }
    guard !layers.isEmpty else {
      throw VLMError(
        .configurationInvalid, "the projector has no layers", remedy: "config.json is incomplete")
    }
  }

  var outputWidth: Int { layers.last!.outputs }

  /// Projects `rows` tokens `x` and returns `[rows / patchesPerRow, outputWidth]`.
  func callAsFunction(_ x: UnsafePointer<Float>, rows: Int, tokens: PackedTokens) -> Scratch {
    let count = rows / patchesPerRow
    var output: Scratch?
    for (index, layer) in layers.enumerated() {
      if let input = output {
        tokens.pack(input.base, rows: count, width: layer.inputs, as: layer.format)
      } else if let norm {
        norm.pack(x, rows: rows, joined: patchesPerRow, into: tokens, as: layer.format)
      } else {
        tokens.pack(x, rows: count, width: layer.inputs, as: layer.format)
      }
      let next = Scratch(count * layer.outputs)
      layer(tokens, activation: index < layers.count - 1 ? activation : .identity, into: next.base)
      output = next
    }
    return output!
  }
}
