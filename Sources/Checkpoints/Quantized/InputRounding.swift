internal import Files
internal import Tensors

/// How what comes into a quantized layer is rounded to symmetric int8 codes before it is multiplied, as compressed-tensors does.
package enum InputRounding: Sendable, Hashable {
  /// One scale a token, found as it comes: max|x| / 127.5.
  case perToken
  /// One scale for all tokens, found in calibration.
  case scale(Float)
  /// Something that is not carried out here, in words: tokens stay as they are.
  case other(String)

  /// What a notice says of layers of this kind, whatever the scale.
  func notice(layers: Int) -> String {
    let them = "what comes into \(layers) of their layers"
    return switch self {
    case .perToken: "\(them) is rounded to int8 with one scale a token where the model runs as stored"
    case .scale: "\(them) is rounded to int8 with one scale a layer where the model runs as stored"
    case .other(let words): "\(them) is to be rounded to \(words), which is not done here: it stays in floats"
    }
  }

  /// The same for roundings of the same result only: names the activations of a model.
  package var identity: String {
    switch self {
    case .perToken: "int8 by token"
    case .scale(let scale): "int8 by layer \(scale.bitPattern)"
    case .other: "as it comes"
    }
  }

  /// Whatever the scale.
  var kind: InputRounding { if case .scale = self { .scale(1) } else { self } }
}

extension CompressedTensorsGroup {
  /// What `input_activations` asks for.
  enum Inputs: Sendable, Equatable {
    case perToken
    /// By each layer's `input_scale`.
    case perLayer
    /// Something that is not carried out here, in words: inputs stay as they are.
    case other(String)

    /// `nil`: inputs stay as they are.
    init?(_ settings: QuantizationSettings) throws(VLMError) {
      let type = try settings.word("type") ?? "int"
      let bits = try settings.count("num_bits", atMost: 64) ?? 8
      let strategy = try settings.word("strategy") ?? "tensor"
      // "local", of scales over scales, is both.
      let isDynamic = settings.members["dynamic"].map { $0 != .bool(false) } ?? false
      guard type == "int", bits == 8, try settings.flag("symmetric") ?? true else {
        self = .other("\(type == "float" ? "fp" : type)\(bits)\(isDynamic ? "" : ", calibrated")")
        return
      }
      switch (strategy, isDynamic) {
      case ("token", true): self = .perToken
      case ("tensor", false): self = .perLayer
      default: self = .other("int8 by \(strategy.prefix(60))\(isDynamic ? "" : ", calibrated")")
      }
    }
  }

  /// What is done to the inputs of a layer; `nil`: nothing.
  ///
  /// - Throws: when the layer lacks a scale that its group asks for, or it is none.
  func inputRounding(of module: QuantizedModule) throws(VLMError) -> InputRounding? {
    switch inputs {
    case nil: return nil
    case .other(let words): return .other(words)
    case .perToken: return .perToken
    case .perLayer:
      _ = try module.part("input_scale", beside: "weight_scale")
      try module.require("input_scale", [.f32, .bf16, .f16], [[1], [], [1, 1]])
      let scale = try module.number("input_scale")
      guard scale.isFinite, scale > 0 else { throw module.malformed("is \(scale), no scale", "input_scale") }
      return .scale(scale)
    }
  }
}
