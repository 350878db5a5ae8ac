internal import Mapping
internal import Tensors

/// Pixels to tokens: one product over packed patches, class token and learned positions added.
struct PatchEmbedding: Sendable {
  /// `[width, channels * temporalPatchSize * patchSize²]`: the convolution's kernel, flattened.
  let patches: Linear
  /// `[width]`
  let classToken: FloatTensor?
  let positions: LearnedPositions?

  init(_ vision: VisionConfiguration, from loader: ModelLoader) throws {
    let inputs = vision.patchValues
    patches = try Linear(
      "vision.patch_embedding", inputs: inputs, outputs: vision.width, from: loader, float32Only: true)
    classToken = vision.hasClassToken ? try loader.floats("vision.class_embedding", [vision.width]) : nil
    positions = vision.position == .learned ? try LearnedPositions(vision, from: loader) : nil
  }

  /// Writes the tokens of all inputs to `x`, `[layout.tokenCount, width]`, in computing order.
  func callAsFunction(
    _ inputs: [PreparedImage], _ layout: TokenLayout, tokens: PackedTokens,
    into x: UnsafeMutablePointer<Float>
  ) {
    let (width, length) = (patches.outputs, patches.inputs)
    for (input, image) in zip(inputs, layout.images) {
      let start = image.tokens.lowerBound
      let first = x + (start + layout.leadingTokens) * width
      positions?.write(image.grid, mergeSize: layout.mergeSize, into: first)
      if let classToken {
        for index in 0..<width {
          x[start * width + index] = classToken.base[index] + (positions?.leading(index) ?? 0)
        }
      }
      tokens.pack(rows: image.grid.count, width: length, as: .float32) { range, destination in
        for (row, place) in range.enumerated() {
          let patch = layout.order.map { $0[start + place] - start } ?? place
          (destination + row * length).update(from: input.patches.base + patch * length, count: length)
        }
      }
      patches(tokens, residual: positions == nil ? nil : UnsafePointer(first), into: first)
    }
  }
}
