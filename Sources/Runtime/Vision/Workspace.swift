internal import Tensors

/// The memory a forward pass works in; blocks allocate nothing.
final class Workspace {
  /// The residual stream, `[tokens, width]`.
  let stream: Scratch
  /// Attention's mixture of values, `[tokens, width]`.
  let mixed: Scratch
  /// Query, key and value, then the MLP's hidden layer, `[tokens, widest]`.
  let wide: Scratch
  /// The input of the next product, packed.
  let tokens = PackedTokens()

  init(tokens: Int, width: Int, widest: Int) {
    stream = Scratch(tokens * width)
    mixed = Scratch(tokens * width)
    wide = Scratch(tokens * widest)
  }
}
