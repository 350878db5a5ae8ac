internal import Tensors

/// What a projector is made of: rows of tokens, `[rows, width]`, go through its layers in turn.
///
/// A layer's parameters and sizes are here, its arithmetic is in the runtime's `Projector`. Strings are what its
/// parameters are called under the projector's own name.
package enum ProjectorLayer: Sendable, Equatable {
  /// Squares of `side`² patches become one row each, side by side.
  case merge(side: Int)
  /// Squares of `side`² patches become one row each, their mean.
  case pool(side: Int)
  case norm(String, NormKind, epsilon: Double, unitOffset: Bool = false)
  /// Each row to length 1.
  case unitLength
  /// `activation(x Wᵀ + b)`
  case linear(String, outputs: Int, bias: Bool, ActivationKind? = nil)
  /// Learned queries attend to the rows of a tile and to themselves, and take the rows' place.
  case latentQueries(String, count: Int, attention: String, heads: Int)
  /// Tiles are put together again and cut to the picture, each line of them ended by a learned row.
  case tilePacking(String)

  /// Width of the rows after it, when they are `width` wide before.
  package func outputs(of width: Int) -> Int {
    switch self {
    case .merge(let side): width * side * side
    case .linear(_, let outputs, _, _): outputs
    case .pool, .norm, .unitLength, .latentQueries, .tilePacking: width
    }
  }

  /// Numbers that come from a configuration, and what they may be.
  var sizes: [SizeCheck] {
    switch self {
    case .merge(let side), .pool(let side): [("the projector's squares", side, 1...64)]
    case .linear(let name, let outputs, _, _): [("projector.\(name)", outputs, .anyWidth)]
    case .latentQueries(let name, let count, let attention, let heads):
      [("projector.\(name)", count, .anyCount), ("heads of projector.\(attention)", heads, .anyCount)]
    case .norm, .unitLength, .tilePacking: []
    }
  }
}

extension ProjectorConfiguration {
  /// What is wrong with the projector on `vision`, whose own sizes are right; `nil` when nothing is.
  func defect(on vision: VisionConfiguration, width: Int) -> String? {
    if kind.input == .pooled, vision.pooling == .none { return "\(kind.rawValue) projects what the encoder does not pool" }
    if kind == .averagePool, let size = vision.imageSize, size / vision.patchSize % vision.spatialMergeSize != 0 {
      return "\(size / vision.patchSize) patches of a side do not divide into squares of \(vision.spatialMergeSize) to be pooled"
    }
    for (root, layers) in stacks(on: vision) {
      guard (1...64).contains(layers.count { if case .linear = $0 { true } else { false } }) else { return "\(root) has no linear layers, or too many" }
      if let defect = layers.lazy.flatMap(\.sizes).compactMap(ModelConfiguration.defect(of:)).first { return defect }
      let outputs = layers.reduce(width) { $1.outputs(of: $0) }
      guard outputs == outputWidth else { return "projector.outputWidth is \(outputWidth), \(root) ends in \(outputs)" }
      for case .latentQueries(_, _, let name, let heads) in layers where outputs % heads != 0 {
        return "\(root).\(name): \(outputs) does not divide into \(heads) heads"
      }
    }
    return nil
  }
}

extension ParameterInventory {
  /// - Parameter width: channels of a vision token, of all encoders together.
  mutating func addProjector(_ projector: ProjectorConfiguration, _ vision: VisionConfiguration, width: Int) {
    for (root, layers) in projector.stacks(on: vision) {
      var width = width
      for layer in layers {
        switch layer {
        case .merge, .pool, .unitLength: break
        case .norm(let name, let kind, _, _): addNorm("\(root).\(name)", kind, width, .projector)
        case .linear(let name, let outputs, let bias, _):
          addLinear("\(root).\(name)", outputs, width, bias: bias, .projector)
        case .latentQueries(let name, let count, let attention, _):
          add("\(root).\(name)", [count, width], .projector, .embedding)
          for part in ["query", "key", "value", "output"] {
            addLinear("\(root).\(attention).\(part)", width, width, bias: true, .projector)
          }
        case .tilePacking(let name): add("\(root).\(name)", [width], .projector, .embedding)
        }
        width = layer.outputs(of: width)
      }
    }
  }
}
