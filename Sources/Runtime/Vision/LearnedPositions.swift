internal import Mapping
internal import Tensors

/// A learned position table over a square patch grid, resampled to other grids.
struct LearnedPositions: Sendable {
  /// `[leading + side², width]`: the class token's row where it has one, then the grid's rows from the top.
  let table: FloatTensor
  let side: Int
  let leadingRows: Int
  let resampling: PositionResampling

  init(_ vision: VisionConfiguration, root: String, from loader: ModelLoader) throws {
    let name = "\(root).position_embedding.weight"
    leadingRows = vision.hasClassToken && vision.classTokenHasPosition != false ? 1 : 0
    resampling = vision.positionResampling ?? .bicubic
    let count = (loader.source.shape(of: name)?.dimensions.first ?? 0) - leadingRows
    side = Int(Double(max(count, 0)).squareRoot().rounded())
    guard side > 0, side * side == count else {
      throw VLMError(
        .parameterShape, "\(count) positions are not a square grid", tensor: name,
        remedy: "config.json does not belong to these weights")
    }
    table = try loader.floats(name, [leadingRows + count, vision.width])
  }

  /// Element `index` of the class token's position.
  func leading(_ index: Int) -> Float { leadingRows == 0 ? 0 : table.base[index] }

  /// Writes a position for every patch of a tile, in computing order, to `x` (`[grid.count, width]`).
  ///
  /// The table spans the part of the tile that shows the picture; patches of padding get its first position.
  ///
  /// - Parameter patch: the patch, in packed order, that is computed at a place.
  func write(
    _ tile: TokenLayout.Tile, mergeSize: Int, patch: (Int) -> Int, into x: UnsafeMutablePointer<Float>
  ) {
    let (width, grid, content) = (table.rowWidth, tile.grid, tile.content)
    let cells = grid.coordinates(mergeSize: mergeSize)
    let places = (0..<cells.count).map { cells[patch($0)] }
    let patches = table.base + leadingRows * width
    let isNative = content.rows == side && content.columns == side
    let rows = AxisResampling(resampling, count: content.rows, side: side).taps
    let columns = AxisResampling(resampling, count: content.columns, side: side).taps
    // Tokens are independent; one reads up to 16 rows of the table, or many where the grid shrinks a lot.
    nonisolated(unsafe) let x = x
    Parallel.forRanges(places.count, grain: 16) { range in
      for token in range {
        let (cell, target) = (places[token], x + token * width)
        guard cell.row < content.rows, cell.column < content.columns else {
          target.update(from: patches, count: width)
          continue
        }
        if isNative {
          target.update(from: patches + (cell.row * side + cell.column) * width, count: width)
          continue
        }
        target.update(repeating: 0, count: width)
        let (row, column) = (rows[cell.row], columns[cell.column])
        for i in row.places.indices {
          for j in column.places.indices {
            let weight = row.weights[i] * column.weights[j]
            let source = patches + (row.places[i] * side + column.places[j]) * width
            for index in 0..<width { target[index] += weight * source[index] }
          }
        }
      }
    }
    for frame in 1..<max(grid.frames, 1) {
      (x + frame * cells.count * width).update(from: x, count: cells.count * width)
    }
  }
}
