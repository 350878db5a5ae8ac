internal import Mapping
internal import Tensors

/// A learned position table over a square patch grid, bicubically interpolated to other grids.
///
/// As `interpolate_pos_encoding` of transformers: Keys' kernel with a = -0.75, half-pixel centres, edges repeated, no
/// antialiasing.
struct LearnedPositions: Sendable {
  /// `[leading + side², width]`: the class token's row, then the grid's rows from the top.
  let table: FloatTensor
  let side: Int
  let leadingRows: Int

  init(_ vision: VisionConfiguration, from loader: ModelLoader) throws {
    let name = "vision.position_embedding.weight"
    leadingRows = vision.hasClassToken ? 1 : 0
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

  /// Writes a position for every patch of `grid`, in packed order, to `x` (`[grid.count, width]`).
  func write(_ grid: PatchGrid, mergeSize: Int, into x: UnsafeMutablePointer<Float>) {
    let width = table.rowWidth
    let cells = grid.coordinates(mergeSize: mergeSize)
    let patches = table.base + leadingRows * width
    if grid.rows == side, grid.columns == side {
      for (token, cell) in cells.enumerated() {
        (x + token * width).update(from: patches + (cell.row * side + cell.column) * width, count: width)
      }
    } else {
      let rows = (0..<grid.rows).map { Taps(at: $0, of: grid.rows, side: side) }
      let columns = (0..<grid.columns).map { Taps(at: $0, of: grid.columns, side: side) }
      // Tokens are independent; each reads 16 rows of the table.
      nonisolated(unsafe) let x = x
      Parallel.forRanges(cells.count, grain: 16) { range in
        for token in range {
          let (row, column) = (rows[cells[token].row], columns[cells[token].column])
          let target = x + token * width
          target.update(repeating: 0, count: width)
          for i in 0..<4 {
            for j in 0..<4 {
              let weight = row.weights[i] * column.weights[j]
              let source = patches + (row.places[i] * side + column.places[j]) * width
              for index in 0..<width { target[index] += weight * source[index] }
            }
          }
        }
      }
    }
    for frame in 1..<max(grid.frames, 1) {
      (x + frame * cells.count * width).update(from: x, count: cells.count * width)
    }
  }
}

/// The four table rows that one interpolated coordinate reads, and their weights.
private struct Taps {
  let places: [Int]
  let weights: [Float]

  init(at index: Int, of size: Int, side: Int) {
    let scale = Float(side) / Float(size)
    let place = (Float(index) + 0.5) * scale - 0.5
    let base = place.rounded(.down)
    let t = place - base
    places = (-1...2).map { min(max(Int(base) + $0, 0), side - 1) }
    weights = [Self.far(t + 1), Self.near(t), Self.near(1 - t), Self.far(2 - t)]
  }

  private static let a: Float = -0.75
  private static func near(_ x: Float) -> Float { ((a + 2) * x - (a + 3)) * x * x + 1 }
  private static func far(_ x: Float) -> Float { ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
}
