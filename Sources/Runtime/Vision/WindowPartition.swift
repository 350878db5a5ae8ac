/// Splits grids of merged squares into attention windows (`get_vision_window_index` of transformers).
///
/// Windows tile each frame from its top left corner; those at the right and bottom edges may be smaller.
struct WindowPartition {
  /// Packed indices of the merged squares, window after window.
  let squares: [Int]
  /// Cumulative window boundaries, in patches.
  let boundaries: [Int]

  init(_ grids: [PatchGrid], squaresPerSide side: Int, mergeSize: Int) {
    precondition(side > 0, "a window smaller than a merged square")
    var squares: [Int] = []
    var boundaries = [0]
    var start = 0
    for grid in grids {
      let (rows, columns) = (grid.rows / mergeSize, grid.columns / mergeSize)
      squares.reserveCapacity(squares.count + grid.frames * rows * columns)
      for frame in 0..<grid.frames {
        let origin = start + frame * rows * columns
        for top in stride(from: 0, to: rows, by: side) {
          for left in stride(from: 0, to: columns, by: side) {
            for row in top..<min(top + side, rows) {
              for column in left..<min(left + side, columns) {
                squares.append(origin + row * columns + column)
              }
            }
            boundaries.append(squares.count * mergeSize * mergeSize)
          }
        }
      }
      start += grid.frames * rows * columns
    }
    self.squares = squares
    self.boundaries = boundaries
  }
}
