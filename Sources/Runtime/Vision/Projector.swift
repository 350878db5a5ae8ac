internal import Mapping
internal import Tensors

/// Vision features to the language model's width: the layers that the configuration lists, over tokens chosen and merged.
struct Projector: Sendable {
  /// Side of the squares of patches that become one row; 1 where tokens stay by themselves.
  let side: Int
  /// Whether that row is their mean, not all of them side by side.
  private let isPooled: Bool
  let dropsLeadingTokens: Bool
  /// Of the tokens it is given.
  private let width: Int
  let outputWidth: Int
  private let products: [Product]
  /// What comes after the last product: row by row, then tile by tile.
  private let lastSteps: [RowStep]
  private let latents: LatentQueries?
  private let packing: TilePacking?

  /// A linear layer, and what is done to its rows while they are packed.
  private struct Product {
    let steps: [RowStep]
    let linear: Linear
    let activation: Activation
  }

  /// Changes whole rows, `count` floats in all, in place on this thread.
  private typealias RowStep = @Sendable (_ x: UnsafeMutablePointer<Float>, _ count: Int) -> Void

  /// - Parameters:
  ///   - layers: as `ProjectorConfiguration.stacks` has them, which are checked.
  ///   - root: what the parameters' names start with.
  ///   - width: of the vision tokens, of all encoders together.
  ///   - leadingTokens: how many of each tile the projector gets.
  init(
    _ layers: [ProjectorLayer], root: String, width inputWidth: Int, dropsLeadingTokens: Bool,
    leadingTokens: Int,
    from loader: ModelLoader
  ) throws {
    var (width, side, isPooled) = (inputWidth, 1, false)
    var (products, steps): ([Product], [RowStep]) = ([], [])
    var (latents, packing): (LatentQueries?, TilePacking?) = (nil, nil)
    for layer in layers {
      precondition(latents == nil && packing == nil, "\(root): \(layer) after the last layer")
      switch layer {
      case .merge(let squares), .pool(let squares):
        precondition(side == 1, "\(root) merges squares twice")
        side = squares
        if case .pool = layer {
          precondition(products.isEmpty, "\(root) pools what a layer made")
          isPooled = true
        }
      case .norm(let name, let kind, let epsilon, let unitOffset):
        let norm = try Norm(
          "\(root).\(name)", kind: kind, width: width, epsilon: epsilon, unitOffset: unitOffset, from: loader)
        steps.append { norm($0, rows: $1 / norm.width, into: $0) }
      case .unitLength:
        steps.append { [width] in LatentQueries.normalise($0, rows: $1 / width, width: width) }
      case .linear(let name, let outputs, _, let activation):
        let linear = try Linear("\(root).\(name)", inputs: width, outputs: outputs, from: loader)
        products.append(Product(steps: steps, linear: linear, activation: activation?.kernel ?? .identity))
        steps = []
      case .latentQueries(let name, let count, let attention, let heads):
        latents = try LatentQueries(
          "\(root).\(name)", [count, width], attention: "\(root).\(attention)", heads: heads, from: loader)
      case .tilePacking(let name):
        packing = TilePacking(newline: try loader.floats("\(root).\(name)", [width]))
      }
      width = layer.outputs(of: width)
    }
    guard (side == 1 && packing == nil) || leadingTokens == 0 || dropsLeadingTokens else {
      throw VLMError(
        .configurationInvalid, "leading tokens cannot be merged into squares of patches or packed with tiles")
    }
    guard latents == nil || (side == 1 && !dropsLeadingTokens) else {
      throw VLMError(.configurationInvalid, "learned queries attend to all tokens of a tile as they are")
    }
    (self.side, self.isPooled, self.dropsLeadingTokens) = (side, isPooled, dropsLeadingTokens)
    (self.width, outputWidth) = (inputWidth, width)
    (self.products, lastSteps, self.latents, self.packing) = (products, steps, latents, packing)
  }

  /// Projects the encoder's tokens `x`, `[layout.tokenCount, width]` in computing order, image by image.
  func callAsFunction(
    _ x: UnsafePointer<Float>, _ layout: TokenLayout, tokens: PackedTokens
  ) -> [StageActivation] {
    let y = project(x, rows: sources(layout), tokens: tokens)
    if let latents { return latents(y.base, layout, tokens: tokens) }
    var start = 0
    let ranges = layout.tiles.map { tile in
      let first = start
      start += (tile.grid.count + (dropsLeadingTokens ? 0 : layout.leadingTokens)) / (side * side)
      return first..<start
    }
    let width = outputWidth
    return layout.images.map { image in
      let overview = layout.tiles[image.overview].grid
      let grid = (rows: overview.rows / side, columns: overview.columns / side)
      let own = ranges[image.tiles.lowerBound].lowerBound..<ranges[image.tiles.upperBound - 1].upperBound
      if let packing {
        return packing(y.base + own.lowerBound * width, tile: grid, of: image)
      }
      let values = FloatTensor([own.count, width]) {
        $0.baseAddress!.update(from: y.base + own.lowerBound * width, count: own.count * width)
      }
      let before = ranges[image.overview].lowerBound - own.lowerBound
      return StageActivation(
        values: values, grid: grid, leadingTokens: before + (dropsLeadingTokens ? 0 : layout.leadingTokens),
        frames: overview.frames, mergeSize: side == 1 ? layout.mergeSize : 1)
    }
  }

  /// Projects one pooled vector a tile, `[tiles, width]`.
  func pooled(_ x: UnsafePointer<Float>, _ layout: TokenLayout, tokens: PackedTokens) -> [StageActivation] {
    precondition(
      side == 1 && latents == nil && packing == nil, "one vector a tile is neither merged nor packed")
    let y = project(x, rows: Array(0..<layout.tiles.count), tokens: tokens)
    return layout.images.map { image in
      StageActivation(
        values: FloatTensor([image.tiles.count, outputWidth]) {
          $0.baseAddress!.update(
            from: y.base + image.tiles.lowerBound * outputWidth, count: image.tiles.count * outputWidth)
        }, grid: nil)
    }
  }

  /// The rows of the stream that are projected, in the processor's order; those of a square one after another.
  private func sources(_ layout: TokenLayout) -> [Int] {
    var rows: [Int] = []
    rows.reserveCapacity(layout.tokenCount)
    for tile in layout.tiles {
      let first = tile.tokens.lowerBound + layout.leadingTokens
      if !dropsLeadingTokens { rows += tile.tokens.lowerBound..<first }
      guard side > 1, layout.mergeSize != side else {
        rows += first..<tile.tokens.upperBound
        continue
      }
      let squares = tile.grid.coordinates(mergeSize: side)
      for frame in 0..<tile.grid.frames {
        rows += squares.map {
          first
            + tile.grid.index(row: $0.row, column: $0.column, frame: frame, mergeSize: layout.mergeSize)
        }
      }
    }
    return layout.places.map { places in rows.map { places[$0] } } ?? rows
  }

  /// The layers over the given rows of `x`, `side`² of which make one: `[rows / side², outputWidth]`.
  private func project(_ x: UnsafePointer<Float>, rows: [Int], tokens: PackedTokens) -> Scratch {
    var values: Scratch?
    for product in products {
      let (linear, inputs) = (product.linear, product.linear.inputs)
      // Rows of `x` that make one of the first product's.
      let square = isPooled ? side * side : inputs / width
      let count = values.map { $0.count / inputs } ?? rows.count / square
      if let values, product.steps.isEmpty {
        tokens.pack(values.base, rows: count, width: inputs, as: linear.format)
      } else {
        tokens.pack(rows: count, width: inputs, as: linear.format) { range, destination in
          if let values {
            destination.update(from: values.base + range.lowerBound * inputs, count: range.count * inputs)
          } else {
            gather(x, rows[range.lowerBound * square..<range.upperBound * square], into: destination)
          }
          for step in product.steps { step(destination, range.count * inputs) }
        }
      }
      let next = Scratch(count * linear.outputs)
      linear(tokens, activation: product.activation, into: next.base)
      values = next
    }
    for step in lastSteps { step(values!.base, values!.count) }
    return values!
  }

  /// Writes rows of `x`, those of a square one after another: all of them, or their means.
  private func gather(_ x: UnsafePointer<Float>, _ rows: ArraySlice<Int>, into y: UnsafeMutablePointer<Float>)
  {
    guard isPooled else {
      for (place, row) in rows.enumerated() {
        (y + place * width).update(from: x + row * width, count: width)
      }
      return
    }
    let square = side * side
    for (place, row) in rows.enumerated() {
      let (target, source) = (y + place / square * width, x + row * width)
      if place % square == 0 {
        target.update(from: source, count: width)
      } else {
        Kernels.active.add(target, source, into: target, count: width)
      }
      if place % square == square - 1 {
        let scale = 1 / Float(square)
        for channel in 0..<width { target[channel] *= scale }
      }
    }
  }
}
