/// Averages over the cells of a `side` x `side` grid laid over `rows` x `columns` places.
///
/// Cell i takes places floor(i rows / side) up to ceil((i + 1) rows / side), as adaptive average pooling does; cells
/// overlap or repeat where the places do not divide, and no place is left out.
package enum GridPooling {
  package static func bounds(_ cell: Int, of side: Int, over extent: Int) -> Range<Int> {
    cell * extent / side..<((cell + 1) * extent + side - 1) / side
  }

  /// `add(row, column, into)` adds the `width` values at a place to the sums it is given.
  package static func pool(
    rows: Int, columns: Int, width: Int, side: Int, _ add: (Int, Int, UnsafeMutablePointer<Double>) -> Void
  ) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(side * side * width)
    var sums = [Double](repeating: 0, count: width)
    for cellRow in 0..<side {
      let rowRange = bounds(cellRow, of: side, over: rows)
      for cellColumn in 0..<side {
        let columnRange = bounds(cellColumn, of: side, over: columns)
        for index in sums.indices { sums[index] = 0 }
        sums.withUnsafeMutableBufferPointer { sums in
          for row in rowRange { for column in columnRange { add(row, column, sums.baseAddress!) } }
        }
        let scale = 1 / Double(rowRange.count * columnRange.count)
        for sum in sums { result.append(Float(sum * scale)) }
      }
    }
    return result
  }
}
