import Features
import Testing

@Suite struct GridPoolingTests {
  @Test(arguments: [
    (4, 4, [0..<1, 1..<2, 2..<3, 3..<4]), (4, 6, [0..<2, 1..<3, 3..<5, 4..<6]), (2, 1, [0..<1, 0..<1]),
  ])
  func cellsCoverEveryPlace(side: Int, extent: Int, expected: [Range<Int>]) {
    #expect((0..<side).map { GridPooling.bounds($0, of: side, over: extent) } == expected)
  }

  @Test func averagesCells() {
    // A 4 x 4 image of its own indices, two channels.
    let pooled = GridPooling.pool(rows: 4, columns: 4, width: 2, side: 2) { row, column, sums in
      sums[0] += Double(row * 4 + column)
      sums[1] += 1
    }
    #expect(pooled == [2.5, 1, 4.5, 1, 10.5, 1, 12.5, 1])
  }
}
