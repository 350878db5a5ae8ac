import Runtime
import Testing

@Suite struct TileCanvasTests {
  /// Printed by `select_best_resolution` of transformers 5.23 over LLaVA-NeXT's own canvases.
  @Test(arguments: [
    [224, 224, 336, 672], [336, 336, 336, 672], [480, 640, 672, 672], [360, 640, 672, 672],
    [1080, 1920, 672, 672], [100, 1000, 336, 1008], [1000, 100, 1008, 336], [1, 1, 336, 672],
  ])
  func choosesCanvasAsTransformers(_ row: [Int]) {
    let grids = [[336, 672], [672, 336], [672, 672], [1008, 336], [336, 1008]]
    #expect(
      TileCanvas.best(for: .init(rows: row[0], columns: row[1]), among: grids)
        == .init(rows: row[2], columns: row[3]))
  }

  /// Printed by `get_optimal_tiled_canvas` of transformers 5.23, 1 to 12 tiles of 448: rows, columns.
  @Test(arguments: [
    [224, 224, 1, 1], [448, 448, 1, 1], [900, 900, 2, 2], [480, 640, 3, 4], [360, 640, 1, 2],
    [1080, 1920, 2, 4], [3, 1000, 1, 12], [2000, 2000, 3, 3],
  ])
  func choosesTilesAsTransformers(_ row: [Int]) {
    #expect(
      TileCanvas.tiled(
        .init(rows: row[0], columns: row[1]), tile: .init(rows: 448, columns: 448), tiles: 1...12)
        == .init(rows: row[2], columns: row[3]))
  }

  @Test func hasNoCanvasForNothing() {
    #expect(TileCanvas.best(for: .init(rows: 5, columns: 5), among: []) == nil)
    #expect(TileCanvas.best(for: .init(rows: 0, columns: 5), among: [[28, 28]]) == nil)
  }
}
