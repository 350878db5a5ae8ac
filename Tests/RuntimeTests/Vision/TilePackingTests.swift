import Testing

@testable import Runtime

@Suite struct TilePackingTests {
  /// Printed by `unpad_image` of transformers 5.23: grid rows and columns, picture height and width, then first row, rows,
  /// first column, columns that are left.
  @Test(arguments: [
    [8, 8, 70, 100, 1, 6, 0, 8], [12, 4, 120, 50, 1, 10, 0, 4], [48, 24, 500, 200, 0, 48, 2, 20],
    [48, 48, 360, 640, 10, 28, 0, 48], [24, 48, 1, 1, 0, 24, 12, 24], [24, 72, 333, 999, 0, 24, 0, 72],
  ])
  func cutsPaddingAsTransformers(_ row: [Int]) {
    let shown = TilePacking.shown(of: (row[0], row[1]), picture: .init(rows: row[2], columns: row[3]))
    #expect([shown.rows.lowerBound, shown.rows.count] == [row[4], row[5]])
    #expect([shown.columns.lowerBound, shown.columns.count] == [row[6], row[7]])
  }

  /// A picture thinner than a token leaves no rows at all.
  @Test func leavesNothingOfAHair() {
    let shown = TilePacking.shown(of: (8, 12), picture: .init(rows: 3, columns: 1000))
    #expect(shown.rows.isEmpty && shown.columns.count == 12)
  }
}
