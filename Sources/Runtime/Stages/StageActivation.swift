public import Tensors

/// What one picture, or one sequence of the language model, looked like at one stage.
public struct StageActivation: Sendable {
  /// f32, `[tokens, width]`, in the order of the sequence; of a picture class tokens first, then patches frame by frame.
  public let values: FloatTensor

  /// Where the tokens of each picture are; all others are text.
  public let pictures: [PictureTokens]

  /// A sequence with pictures in it.
  package init(values: FloatTensor, pictures: [PictureTokens]) {
    self.values = values
    self.pictures = pictures
  }

  /// A picture, all of whose tokens are its own.
  package init(
    values: FloatTensor, grid: (rows: Int, columns: Int)?, leadingTokens: Int = 0, frames: Int = 1,
    mergeSize: Int = 1
  ) {
    let order = grid.map { PatchGrid(frames: frames, rows: $0.rows, columns: $0.columns) }
    self.init(
      values: values,
      pictures: [
        PictureTokens(
          rows: Array(0..<values.rowCount), grid: order, leadingTokens: leadingTokens, mergeSize: mergeSize)
      ])
  }

  /// Rows of `values`.
  public var tokenCount: Int { values.rowCount }
  /// Channels of a token.
  public var width: Int { values.rowWidth }

  /// Rows of no picture: the words of a sequence.
  public var textRows: [Int] {
    let taken = Set(pictures.lazy.flatMap(\.rows))
    return (0..<tokenCount).filter { !taken.contains($0) }
  }
}

/// Which rows of an activation are a picture's, and how they lie in it.
public struct PictureTokens: Sendable, Equatable {
  /// In the image processor's order.
  public let rows: [Int]
  /// Tokens as a grid, each frame a whole one (a still image has one frame); `nil` where they do not lie in any.
  public let grid: PatchGrid?
  /// Tokens before the grid: class token, registers, tiles that come before the whole picture.
  public let leadingTokens: Int
  /// Side of the squares of patches that are packed one after another; 1 is plain raster order.
  public let mergeSize: Int

  package init(rows: [Int], grid: PatchGrid?, leadingTokens: Int = 0, mergeSize: Int = 1) {
    self.rows = rows
    self.grid = grid
    self.leadingTokens = leadingTokens
    self.mergeSize = mergeSize
  }

  /// The row that belongs to the grid's cell at `row`, `column` of `frame`.
  ///
  /// Traps when there is no grid or the cell is outside it.
  public func token(row: Int, column: Int, frame: Int = 0) -> Int {
    guard let grid else { preconditionFailure("these tokens lie in no grid") }
    return rows[leadingTokens + grid.index(row: row, column: column, frame: frame, mergeSize: mergeSize)]
  }

  /// The same tokens in a sequence in which they take the rows `places`.
  func placed(in places: some Collection<Int>) -> PictureTokens {
    precondition(places.count == rows.count, "\(places.count) places for \(rows.count) tokens")
    return PictureTokens(
      rows: Array(places), grid: grid, leadingTokens: leadingTokens, mergeSize: mergeSize)
  }
}
