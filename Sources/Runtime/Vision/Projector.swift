internal import Mapping
internal import Tensors

/// Vision features to the language model's width: optional norm, then linear layers with an activation between.
struct Projector: Sendable {
  let kind: ProjectorKind
  let norm: Norm?
  /// Patches that are concatenated into one row of the first layer's input.
  let patchesPerRow: Int
  let layers: [Linear]
  let activation: ActivationKind

  init(_ projector: ProjectorConfiguration, _ vision: VisionConfiguration, from source: some ParameterSource) throws {
    kind = projector.kind
    activation = projector.activation
    norm = try projector.norm.map {
      try Norm("projector.norm", kind: $0, width: vision.width, epsilon: projector.normEpsilon, from: source)
    }
    patchesPerRow = kind == .merger ? vision.spatialMergeSize * vision.spatialMergeSize : 1
    var inputs = vision.width * patchesPerRow
    layers = try projector.layerWidths.enumerated().map { index, outputs in
      defer { inputs = outputs }
      return try Linear("projector.layers.\(index)", inputs: inputs, outputs: outputs, from: source)
    }
    guard !layers.isEmpty else {
      throw VLMError(.configurationInvalid, "the projector has no layers", remedy: "config.json is incomplete")
    }
  }

  var outputWidth: Int { layers.last!.outputs }

  /// Projects `rows` tokens `x` (overwritten by the norm) and returns `[rows / patchesPerRow, outputWidth]`.
  func callAsFunction(_ x: UnsafeMutablePointer<Float>, rows: Int) -> Scratch {
    norm?(x, rows: rows, into: x)
    let count = rows / patchesPerRow
    var input: Scratch?
    for (index, layer) in layers.enumerated() {
      let output = Scratch(count * layer.outputs)
      layer(input?.base ?? x, rows: count, into: output.base)
      if index < layers.count - 1 { Stopgap.activate(output.base, count * layer.outputs, activation) }
      input = output
    }
    return input!
  }
}
