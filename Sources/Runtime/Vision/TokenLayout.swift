internal import Mapping
internal import Tensors

/// Where the tokens of a run are: the images' tiles packed one after another, and who attends to whom.
///
/// Windowed encoders compute on permuted patches, so that each window is a run of tokens (Qwen2.5-VL), and padded tiles
/// on the picture first; `order` says how, and taps undo it.
struct TokenLayout {
  struct Tile {
    let grid: PatchGrid
    let content: PreparedImage.Extent
    /// Rows of this tile, leading tokens included.
    let tokens: Range<Int>
  }

  struct Image {
    /// Indices into `tiles`.
    let tiles: Range<Int>
    /// Index into `tiles` of the one that shows the whole picture.
    let overview: Int
    let division: PreparedImage.Extent
    let size: PreparedImage.Extent?
  }

  let tiles: [Tile]
  let images: [Image]
  /// Class token and registers before the patches of each tile.
  let leadingTokens: Int
  /// Side of the squares of patches that are packed one after another.
  let mergeSize: Int
  let tokenCount: Int

  /// What full attention spans: each frame of each tile.
  let frames: AttentionSegments
  /// The attention windows, in computing order.
  let windows: AttentionSegments?

  /// Row in computing order -> row in the processor's order; `nil` when they are the same.
  let order: [Int]?
  /// The inverse of `order`.
  let places: [Int]?

  /// Throws when a grid does not fit the encoder's merge size, or the encoder cannot take padding or frames.
  ///
  /// - Parameters:
  ///   - mergeSize: side of the squares in which patches are packed.
  ///   - leadingTokens: by default those of the encoder.
  init(
    _ inputs: [PreparedImage], for vision: VisionConfiguration, mergeSize: Int, leadingTokens: Int? = nil
  ) throws {
    let leading = leadingTokens ?? vision.leadingTokens
    var tiles: [Tile] = []
    var images: [Image] = []
    for input in inputs {
      let first = tiles.count
      for tile in input.tiles {
        try Self.check(tile, for: vision)
        let start = tiles.last?.tokens.upperBound ?? 0
        tiles.append(
          Tile(grid: tile.grid, content: tile.content, tokens: start..<start + leading + tile.grid.count))
      }
      images.append(
        Image(
          tiles: first..<tiles.count, overview: first + input.overview, division: input.division,
          size: input.size))
    }
    self.tiles = tiles
    self.images = images
    self.leadingTokens = leading
    self.mergeSize = mergeSize
    tokenCount = tiles.last?.tokens.upperBound ?? 0
    if let side = vision.windowSize {
      let partition = WindowPartition(
        tiles.map(\.grid), squaresPerSide: side / mergeSize / vision.patchSize, mergeSize: mergeSize)
      windows = AttentionSegments(partition.boundaries)
      order = partition.squares.flatMap { square in
        (0..<mergeSize * mergeSize).map { square * mergeSize * mergeSize + $0 }
      }
    } else {
      windows = nil
      order =
        inputs.contains { $0.tiles.contains(where: \.isPadded) } ? Self.pictureFirst(tiles, leading) : nil
    }
    places = order.map { order in
      var places = [Int](repeating: 0, count: order.count)
      for (place, row) in order.enumerated() { places[row] = place }
      return places
    }
    frames = Self.segments(of: tiles, leading)
  }

  /// Tokens of a tile that others attend to: in computing order, its first.
  func visibleTokens(of tile: Tile) -> Int {
    tile.grid.frames > 1 ? tile.tokens.count : leadingTokens + tile.content.rows * tile.content.columns
  }

  private static func check(_ tile: PreparedImage.Tile, for vision: VisionConfiguration) throws {
    let (grid, merge) = (tile.grid, vision.spatialMergeSize)
    guard grid.frames > 0, grid.rows > 0, grid.columns > 0, grid.rows % merge == 0, grid.columns % merge == 0
    else {
      throw VLMError(
        .inputGrid,
        "a grid of \(grid.frames)x\(grid.rows)x\(grid.columns) patches cannot be merged \(merge)x\(merge)",
        remedy: "resize to a multiple of \(vision.patchSize * merge) pixels")
    }
    guard grid.frames == 1 || vision.leadingTokens == 0 else {
      throw VLMError(.inputGrid, "an encoder with a class token takes one frame, not \(grid.frames)")
    }
    guard !tile.isPadded || (grid.frames == 1 && vision.windowSize == nil) else {
      throw VLMError(.inputGrid, "clips and encoders with windows take no padding")
    }
  }

  /// Leading tokens, then the patches that show the picture, then the padding of each tile.
  private static func pictureFirst(_ tiles: [Tile], _ leading: Int) -> [Int] {
    tiles.flatMap { tile in
      let start = tile.tokens.lowerBound
      let patches = (0..<tile.grid.count).map { start + leading + $0 }
      let isPicture = { (row: Int) in
        let patch = row - start - leading
        return patch / tile.grid.columns < tile.content.rows
          && patch % tile.grid.columns < tile.content.columns
      }
      return (start..<start + leading) + patches.filter(isPicture) + patches.filter { !isPicture($0) }
    }
  }

  private static func segments(of tiles: [Tile], _ leading: Int) -> AttentionSegments {
    var segments = AttentionSegments([0])
    for tile in tiles {
      let frame = leading + tile.grid.rows * tile.grid.columns
      let visible = leading + tile.content.rows * tile.content.columns
      for _ in 0..<tile.grid.frames {
        segments.append(queries: frame, keys: tile.grid.frames > 1 ? frame : visible)
      }
    }
    return segments
  }
}
