internal import Tensors

/// LLaVA-NeXT's packing: the overview's tokens, then those of the tiles put together, cut to the picture, each row of them
/// ended by a learned token.
struct TilePacking: Sendable {
  /// `[width]`
  let newline: FloatTensor

  /// Packs one image.
  ///
  /// - Parameters:
  ///   - x: tokens of the image's tiles, overview first, `[tiles * tile.rows * tile.columns, width]`.
  ///   - tile: tokens of one tile.
  func callAsFunction(
    _ x: UnsafePointer<Float>, tile: (rows: Int, columns: Int), of image: TokenLayout.Image
  ) -> StageActivation {
    let (width, each) = (newline.shape.count, tile.rows * tile.columns)
    var rows = (0..<each).map { x + $0 * width }
    let end = UnsafePointer(newline.base)
    if image.tiles.count == 1 {
      rows.append(end)
    } else {
      let (down, across) = (image.division.rows * tile.rows, image.division.columns * tile.columns)
      let shown = Self.shown(of: (down, across), picture: image.size)
      for row in shown.rows {
        for column in shown.columns {
          let index = row / tile.rows * image.division.columns + column / tile.columns
          let place = (1 + index) * each + row % tile.rows * tile.columns + column % tile.columns
          rows.append(x + place * width)
        }
        rows.append(end)
      }
    }
    let values = FloatTensor([rows.count, width]) { destination in
      for (row, source) in rows.enumerated() {
        (destination.baseAddress! + row * width).update(from: source, count: width)
      }
    }
    return StageActivation(values: values, grid: tile)
  }

  /// The rows and columns of a grid that show the picture when it was padded to the grid's proportions (`unpad_image`).
  static func shown(
    of grid: (rows: Int, columns: Int), picture: PreparedImage.Extent?
  ) -> (rows: Range<Int>, columns: Range<Int>) {
    let all = (rows: 0..<grid.rows, columns: 0..<grid.columns)
    guard let picture else { return all }
    let (height, width) = (Double(picture.rows), Double(picture.columns))
    // Python's round(…, 7) before the fraction is cut: 3.9999999999 is 4.
    func whole(_ value: Double) -> Int { Int((value * 1e7).rounded(.toNearestOrEven) / 1e7) }
    if width / height > Double(grid.columns) / Double(grid.rows) {
      let padding = (grid.rows - whole(height * (Double(grid.columns) / width))) / 2
      return (padding..<grid.rows - padding, all.columns)
    }
    let padding = (grid.columns - whole(width * (Double(grid.rows) / height))) / 2
    return (all.rows, padding..<grid.columns - padding)
  }
}
