package import Tensors

/// A picture (or a clip) as the encoder takes it: one tile of normalised patches, or several that cover it.
package struct PreparedImage: Sendable {
  /// What the encoder attends over as one whole.
  package struct Tile: Sendable {
    /// `[grid.count, channels * temporalPatchSize * patchSize²]`; a row is one patch in order C, T, P, P.
    package let patches: FloatTensor
    package let grid: PatchGrid
    /// Rows and columns of the grid, from the top left, that show the picture; the rest is padding that nothing attends to.
    package let content: Extent

    /// Traps when there are not `grid.count` rows, or the content is not inside the grid.
    package init(patches: FloatTensor, grid: PatchGrid, content: Extent? = nil) {
      precondition(patches.rowCount == grid.count, "\(patches.shape) for \(grid)")
      self.patches = patches
      self.grid = grid
      self.content = content ?? Extent(rows: grid.rows, columns: grid.columns)
      precondition(
        (1...grid.rows).contains(self.content.rows) && (1...grid.columns).contains(self.content.columns),
        "\(self.content) of \(grid)")
    }

    var isPadded: Bool { content != Extent(rows: grid.rows, columns: grid.columns) }
  }

  package struct Extent: Hashable, Sendable {
    package let rows: Int
    package let columns: Int

    package init(rows: Int, columns: Int) {
      self.rows = rows
      self.columns = columns
    }
  }

  /// In the order in which their features stand in the sequence.
  package let tiles: [Tile]
  /// How the tiles that are not the overview divide the picture, in raster order.
  package let division: Extent
  /// The tile that shows the whole picture; the only one when there is one.
  package let overview: Int
  /// Pixels of the picture before processing; rows are its height. `nil` where features do not depend on it.
  package let size: Extent?

  /// A picture in one tile. Traps when there are not `grid.count` rows.
  package init(patches: FloatTensor, grid: PatchGrid, size: Extent? = nil) {
    self.init([Tile(patches: patches, grid: grid)], division: Extent(rows: 1, columns: 1), size: size)
  }

  /// A picture in tiles.
  ///
  /// - Parameter overview: the index of the tile that shows the whole picture; the others are `division.rows` times
  ///   `division.columns` in number. Without one there is a single tile.
  package init(_ tiles: [Tile], division: Extent, overview: Int? = nil, size: Extent? = nil) {
    precondition(
      tiles.count == division.rows * division.columns + (overview == nil ? 0 : 1)
        && tiles.indices.contains(overview ?? 0) && (overview != nil || tiles.count == 1),
      "\(tiles.count) tiles for \(division)")
    self.tiles = tiles
    self.division = division
    self.overview = overview ?? 0
    self.size = size
  }
}
