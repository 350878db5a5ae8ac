internal import Checkpoints
internal import Tensors

/// A layer's weights whose tokens are rounded to int8 first, as the library that quantized the checkpoint does: in floats, code times scale.
struct RoundedInputs: LinearWeights {
  let weights: any LinearWeights
  /// Of all tokens; `nil`: each has its own.
  let scale: Float?

  /// The weights as they are where nothing is rounded here.
  static func of(_ weights: any LinearWeights, _ rounding: InputRounding) -> any LinearWeights {
    switch rounding {
    case .perToken: RoundedInputs(weights: weights, scale: nil)
    case .scale(let scale): RoundedInputs(weights: weights, scale: scale)
    case .other: weights
    }
  }

  var format: ProductFormat { .plain }
  var outputs: Int { weights.outputs }
  var inputs: Int { weights.inputs }

  func multiply(_ tokens: PackedTokens, _ epilogue: Epilogue, into out: UnsafeMutablePointer<Float>, stride: Int?) {
    weights.multiply(rounded(tokens), epilogue, into: out, stride: stride)
  }

  func integerSums(_ tokens: PackedTokens, into out: UnsafeMutablePointer<Int32>) {
    weights.integerSums(rounded(tokens), into: out)
  }

  private func rounded(_ tokens: PackedTokens) -> PackedTokens {
    let (width, kernels, scale) = (tokens.width, tokens.kernels, scale)
    nonisolated(unsafe) let rows = tokens.plainRows
    let packed = PackedTokens(kernels: kernels)
    packed.pack(rows: tokens.rows, width: width, as: weights.format) { range, destination in
      destination.update(from: rows + range.lowerBound * width, count: range.count * width)
      kernels.round(destination, rows: range.count, width: width, scale: scale)
    }
    return packed
  }
}
