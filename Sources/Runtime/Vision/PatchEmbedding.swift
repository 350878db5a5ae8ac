internal import Mapping
internal import Tensors

/// Pixels to tokens: one product over packed patches, leading tokens and learned positions added.
struct PatchEmbedding: Sendable {
  /// `[width, channels * temporalPatchSize * patchSize²]`: the convolution's kernel, flattened.
  let patches: Linear
  /// Where this encoder's values start in a patch that two encoders read.
  let firstValue: Int
  /// `[leadingTokens, width]`: class token with its position, then registers.
  let leading: FloatTensor?
  let positions: LearnedPositions?

  init(_ vision: VisionConfiguration, root: String, firstValue: Int, from loader: ModelLoader) throws {
    let width = vision.width
    self.firstValue = firstValue
    patches = try Linear(
      "\(root).patch_embedding", inputs: vision.patchValues, outputs: width, from: loader, float32Only: true)
    let positions =
      vision.position.isLearned ? try LearnedPositions(vision, root: root, from: loader) : nil
    self.positions = positions
    guard vision.leadingTokens > 0 else {
      leading = nil
      return
    }
    let classToken = vision.hasClassToken ? try loader.floats("\(root).class_embedding", [width]) : nil
    let count = vision.registers ?? 0
    let registers = count > 0 ? try loader.floats("\(root).registers", [count, width]) : nil
    leading = FloatTensor([vision.leadingTokens, width]) { rows in
      if let classToken {
        for index in 0..<width { rows[index] = classToken.base[index] + (positions?.leading(index) ?? 0) }
      }
      if let registers {
        let first = rows.baseAddress! + (classToken == nil ? 0 : width)
        first.update(from: registers.base, count: count * width)
      }
    }
  }

  /// Writes the tokens of all inputs to `x`, `[layout.tokenCount, width]`, in computing order.
  func callAsFunction(
    _ inputs: [PreparedImage], _ layout: TokenLayout, tokens: PackedTokens,
    into x: UnsafeMutablePointer<Float>
  ) {
    let (width, length) = (patches.outputs, patches.inputs)
    for (input, tile) in zip(inputs.lazy.flatMap(\.tiles), layout.tiles) {
      let (start, leadingCount) = (tile.tokens.lowerBound, layout.leadingTokens)
      if let leading { (x + start * width).update(from: leading.base, count: leading.shape.count) }
      let first = x + (start + leadingCount) * width
      let patch = { (place: Int) in
        layout.order.map { $0[start + leadingCount + place] - start - leadingCount } ?? place
      }
      positions?.write(tile, mergeSize: layout.mergeSize, patch: patch, into: first)
      let source = input.patches.base + firstValue
      let stride = input.patches.rowWidth
      tokens.pack(rows: tile.grid.count, width: length, as: .float32) { range, destination in
        for (row, place) in range.enumerated() {
          (destination + row * length).update(from: source + patch(place) * stride, count: length)
        }
      }
      patches(tokens, residual: positions == nil ? nil : UnsafePointer(first), into: first)
    }
  }
}
