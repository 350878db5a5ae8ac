internal import Mapping
internal import Tensors

/// Pixels to tokens: one product over packed patches, class token and learned positions added.
struct PatchEmbedding: Sendable {
  /// `[width, channels * temporalPatchSize * patchSize²]`: the convolution's kernel, flattened.
  let patches: Linear
  /// `[width]`
  let classToken: FloatTensor?
  let positions: LearnedPositions?

  init(_ vision: VisionConfiguration, from source: some ParameterSource) throws {
    let inputs = vision.patchValues
    patches = try Linear("vision.patch_embedding", inputs: inputs, outputs: vision.width, from: source)
    classToken = vision.hasClassToken ? try source.floats("vision.class_embedding", [vision.width]) : nil
    positions = vision.position == .learned ? try LearnedPositions(vision, from: source) : nil
  }

  /// Writes the tokens of all inputs to `x`, `[layout.tokenCount, width]`, in computing order.
  func callAsFunction(_ inputs: [PreparedImage], _ layout: TokenLayout, into x: UnsafeMutablePointer<Float>) {
    let width = patches.outputs
    for (input, image) in zip(inputs, layout.images) {
      let start = x + image.tokens.lowerBound * width
      let first = start + layout.leadingTokens * width
      positions?.write(image.grid, mergeSize: layout.mergeSize, into: first)
      if let classToken {
        for index in 0..<width { start[index] = classToken.base[index] + (positions?.leading(index) ?? 0) }
      }
      if let order = layout.order {
        let gathered = Scratch(input.patches.shape.count)
        for (row, token) in order[image.tokens].enumerated() {
          let source = input.patches.base + (token - image.tokens.lowerBound) * patches.inputs
          (gathered.base + row * patches.inputs).update(from: source, count: patches.inputs)
        }
        patches(gathered.base, rows: image.grid.count, into: first, accumulating: positions != nil)
      } else {
        patches(input.patches.base, rows: image.grid.count, into: first, accumulating: positions != nil)
      }
    }
  }
}
