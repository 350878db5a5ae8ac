internal import Mapping
internal import Tensors

/// Where the tokens of a run are: the images packed one after another, and who attends to whom.
///
/// Windowed encoders compute on permuted patches, so that each window is a run of tokens (Qwen2.5-VL); `order` says
/// how, and taps undo it.
struct TokenLayout {
  struct Image {
    let grid: PatchGrid
    /// Rows of this image, class tokens included.
    let tokens: Range<Int>
  }

  let images: [Image]
  /// Class tokens before the patches of each image.
  let leadingTokens: Int
  let mergeSize: Int
  let tokenCount: Int

  /// Cumulative boundaries of what full attention spans: each frame of each image.
  let frames: [Int]
  /// Cumulative boundaries of the attention windows, in computing order.
  let windows: [Int]?

  /// Row in computing order -> row in the processor's order; `nil` when they are the same.
  let order: [Int]?
  /// The same for squares of `mergeSize`² patches, which windows never cut.
  let squareOrder: [Int]?

  /// Throws when a grid does not fit the encoder's merge size.
  init(_ grids: [PatchGrid], for vision: VisionConfiguration) throws {
    let merge = vision.spatialMergeSize
    leadingTokens = vision.hasClassToken ? 1 : 0
    mergeSize = merge
    var images: [Image] = []
    var frames = [0]
    for grid in grids {
      guard grid.frames > 0, grid.rows > 0, grid.columns > 0, grid.rows % merge == 0,
        grid.columns % merge == 0
      else {
        throw VLMError(
          .inputGrid,
          "a grid of \(grid.frames)x\(grid.rows)x\(grid.columns) patches cannot be merged \(merge)x\(merge)",
          remedy: "resize to a multiple of \(vision.patchSize * merge) pixels")
      }
      guard grid.frames == 1 || leadingTokens == 0 else {
        throw VLMError(.inputGrid, "an encoder with a class token takes one frame, not \(grid.frames)")
      }
      let start = images.last?.tokens.upperBound ?? 0
      images.append(Image(grid: grid, tokens: start..<start + leadingTokens + grid.count))
      for _ in 0..<grid.frames { frames.append(frames.last! + leadingTokens + grid.rows * grid.columns) }
    }
    self.images = images
    self.frames = frames
    tokenCount = frames.last!
    guard let side = vision.windowSize else {
      (windows, order, squareOrder) = (nil, nil, nil)
      return
    }
    let partition = WindowPartition(grids, squaresPerSide: side / merge / vision.patchSize, mergeSize: merge)
    windows = partition.boundaries
    squareOrder = partition.squares
    order = partition.squares.flatMap { square in (0..<merge * merge).map { square * merge * merge + $0 } }
  }
}
