package import Tensors

/// What one image looked like at one stage.
package struct StageActivation: Sendable {
  /// `[tokens, width]`, in the image processor's token order: class tokens, then patches frame by frame.
  package let values: FloatTensor

  /// Tokens of one frame as a grid; `nil` when the stage has one vector an image.
  package let grid: (rows: Int, columns: Int)?

  /// Class tokens before the grid.
  package let leadingTokens: Int

  /// Frames of the input, each a whole grid; 1 for a still image.
  package let frames: Int

  /// Side of the squares of patches that are packed one after another; 1 is plain raster order.
  package let mergeSize: Int

  package init(
    values: FloatTensor, grid: (rows: Int, columns: Int)?, leadingTokens: Int = 0, frames: Int = 1,
    mergeSize: Int = 1
  ) {
    self.values = values
    self.grid = grid
    self.leadingTokens = leadingTokens
    self.frames = frames
    self.mergeSize = mergeSize
  }

  package var tokenCount: Int { values.rowCount }
  package var width: Int { values.rowWidth }

  /// The row of `values` that belongs to the grid's cell at `row`, `column` of `frame`.
  ///
  /// Traps when there is no grid or the cell is outside it.
  package func token(row: Int, column: Int, frame: Int = 0) -> Int {
    guard let grid else { preconditionFailure("a pooled stage has no grid") }
    let order = PatchGrid(frames: frames, rows: grid.rows, columns: grid.columns)
    return leadingTokens + order.index(row: row, column: column, frame: frame, mergeSize: mergeSize)
  }
}
