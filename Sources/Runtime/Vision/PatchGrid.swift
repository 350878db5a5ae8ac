/// How many patches an input has along time, height and width (`image_grid_thw`).
public struct PatchGrid: Hashable, Sendable {
  /// 1 for a still picture.
  public let frames: Int
  /// Patches from top to bottom.
  public let rows: Int
  /// Patches from left to right.
  public let columns: Int

  package init(frames: Int = 1, rows: Int, columns: Int) {
    self.frames = frames
    self.rows = rows
    self.columns = columns
  }

  package var count: Int { frames * rows * columns }

  /// Place of a patch in the packed sequence.
  ///
  /// Patches go frame by frame, in each frame by squares of `mergeSize`² in raster order, in each square in raster
  /// order: the processor's `(t, h/m, w/m, m, m)`. Traps outside the grid.
  package func index(row: Int, column: Int, frame: Int = 0, mergeSize: Int) -> Int {
    precondition(
      (0..<frames).contains(frame) && (0..<rows).contains(row) && (0..<columns).contains(column),
      "(\(frame), \(row), \(column)) is outside \(self)")
    let squaresAcross = columns / mergeSize
    let square = (row / mergeSize) * squaresAcross + column / mergeSize
    let within = (row % mergeSize) * mergeSize + column % mergeSize
    return frame * rows * columns + square * mergeSize * mergeSize + within
  }

  /// Row and column of every patch of one frame, in packed order.
  package func coordinates(mergeSize: Int) -> [(row: Int, column: Int)] {
    var cells: [(row: Int, column: Int)] = []
    cells.reserveCapacity(rows * columns)
    for top in stride(from: 0, to: rows, by: mergeSize) {
      for left in stride(from: 0, to: columns, by: mergeSize) {
        for row in top..<top + mergeSize {
          for column in left..<left + mergeSize { cells.append((row, column)) }
        }
      }
    }
    return cells
  }
}
