/// The memory a forward pass works in; blocks allocate nothing.
final class Workspace {
  /// The residual stream, `[tokens, width]`.
  let stream: Scratch
  /// Normalised tokens, then attention's mixture of values, `[tokens, width]`.
  let normed: Scratch
  /// Query, key and value, then the MLP's hidden layer, `[tokens, widest]`.
  let wide: Scratch

  init(tokens: Int, width: Int, widest: Int) {
    stream = Scratch(tokens * width)
    normed = Scratch(tokens * width)
    wide = Scratch(tokens * widest)
  }
}
