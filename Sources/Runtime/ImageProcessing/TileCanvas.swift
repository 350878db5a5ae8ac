/// The canvas that a picture is brought to before it is cut into tiles.
package enum TileCanvas {
  /// The canvas of `grids` (`[height, width]` in pixels) that keeps most of the picture's pixels and wastes least
  /// (`select_best_resolution` of transformers); `nil` when there is none.
  package static func best(for size: PreparedImage.Extent, among grids: [[Int]]) -> PreparedImage.Extent? {
    let (height, width) = (Double(size.rows), Double(size.columns))
    guard size.rows > 0, size.columns > 0 else { return nil }
    var best: (extent: PreparedImage.Extent, kept: Int, wasted: Int)?
    for grid in grids where grid.count == 2 && grid[0] > 0 && grid[1] > 0 {
      let scale = min(Double(grid[1]) / width, Double(grid[0]) / height)
      let kept = min(Int(width * scale) * Int(height * scale), size.rows * size.columns)
      let wasted = grid[0] * grid[1] - kept
      if let best, kept < best.kept || (kept == best.kept && wasted >= best.wasted) { continue }
      best = (PreparedImage.Extent(rows: grid[0], columns: grid[1]), kept, wasted)
    }
    return best?.extent
  }

  /// Columns and rows of equal tiles whose proportions are nearest to the picture's (`get_optimal_tiled_canvas`).
  ///
  /// Among equals the one with more tiles, as long as they hold less than twice the picture's pixels.
  package static func tiled(
    _ size: PreparedImage.Extent, tile: PreparedImage.Extent, tiles: ClosedRange<Int>
  ) -> PreparedImage.Extent {
    let proportions = Double(size.columns) / Double(size.rows)
    let area = Double(size.rows * size.columns)
    var best = PreparedImage.Extent(rows: 1, columns: 1)
    var least = Double.infinity
    for count in tiles {
      for columns in 1...count where count % columns == 0 {
        let rows = count / columns
        let difference = abs(proportions - Double(columns) / Double(rows))
        let isRoomy = area > 0.5 * Double(tile.rows * tile.columns * count)
        if difference < least || (difference == least && isRoomy) {
          least = difference
          best = PreparedImage.Extent(rows: rows, columns: columns)
        }
      }
    }
    return best
  }

  /// Columns and rows of square tiles: proportions near the picture's, and no fewer pixels than 60 % of it
  /// (`find_closest_aspect_ratio` of Eagle 2.5). Among equals the one with fewer tiles, then with fewer columns.
  package static func weighed(
    _ size: PreparedImage.Extent, side: Int, tiles: ClosedRange<Int>
  ) -> PreparedImage.Extent {
    let proportions = Double(size.columns) / Double(size.rows)
    let area = Double(size.rows * size.columns)
    var best = PreparedImage.Extent(rows: 1, columns: 1)
    var most = -Double.infinity
    for count in tiles {
      let share = min(Double(count * side * side) / area, 0.6)
      for columns in 1...count where count % columns == 0 {
        let rows = count / columns
        let own = Double(columns) / Double(rows)
        let weight = share * min(own / proportions, proportions / own)
        if weight > most {
          most = weight
          best = PreparedImage.Extent(rows: rows, columns: columns)
        }
      }
    }
    return best
  }
}
