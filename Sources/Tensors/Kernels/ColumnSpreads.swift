internal import CKernels

/// How the columns of a matrix are spread about their means once rare values are drawn in, in f64; the same on every machine.
package struct ColumnSpreads: Sendable {
  package struct Column: Sendable {
    /// Between what values are drawn in: what all but a tail at either end span, and half as much again on either side. Infinite
    /// where nearly all values are the same.
    package let least, most: Double
    /// Of the values drawn in.
    package let mean: Double
    /// Of their distances to it, summed.
    package let squares: Double
  }

  /// By column, in order; means nothing where `notFinite` is set.
  package let columns: [Column]
  /// The first value that is not finite.
  package let notFinite: (row: Int, column: Int)?

  /// - Parameters:
  ///   - values: [rows, width].
  ///   - columns: which of them are looked at.
  ///   - tail: the share of a column beyond either end of its usual values, as of numpy's `quantile`.
  package init(f32 values: UnsafeBufferPointer<Float>, rows: Int, columns: Range<Int>, tail: Double) {
    self.init(UnsafeRawBufferPointer(values), isDouble: false, rows, columns, tail)
  }

  package init(f64 values: UnsafeBufferPointer<Double>, rows: Int, columns: Range<Int>, tail: Double) {
    self.init(UnsafeRawBufferPointer(values), isDouble: true, rows, columns, tail)
  }

  private init(_ bytes: UnsafeRawBufferPointer, isDouble: Bool, _ rows: Int, _ columns: Range<Int>, _ tail: Double) {
    let size = isDouble ? 8 : 4
    guard rows > 0, !columns.isEmpty, let base = bytes.baseAddress else {
      (self.columns, notFinite) = ([], nil)
      return
    }
    let width = bytes.count / size / rows
    precondition(columns.upperBound <= width, "columns \(columns) of \(width)")
    // SIZE_MAX where all are finite.
    var place = -1
    let found = [vk_column_spread](unsafeUninitializedCapacity: columns.count) { spreads, count in
      spreads.initialize(repeating: vk_column_spread())
      withUnsafeTemporaryAllocation(byteCount: vk_column_scratch(rows), alignment: 64) { scratch in
        place = vk_column_spreads(
          base + columns.lowerBound * size, isDouble, rows, width, columns.count, tail, scratch.baseAddress, spreads.baseAddress)
      }
      count = columns.count
    }
    self.columns = found.map { Column(least: $0.least, most: $0.most, mean: $0.mean, squares: $0.squares) }
    notFinite = place == -1 ? nil : (place / columns.count, columns.lowerBound + place % columns.count)
  }
}

/// What the columns of a matrix go through: each number is drawn in to its column's usual values, centred and scaled. In f64, the same
/// on every machine.
package struct ColumnScaling: Sendable {
  private let least, most, means, scales: [Double]

  /// All of as many columns: between what numbers are drawn in, what is taken away then, and what the rest is multiplied by.
  package init(least: [Double], most: [Double], means: [Double], scales: [Double]) {
    precondition([most.count, means.count, scales.count].allSatisfy { $0 == least.count }, "of as many columns")
    (self.least, self.most, self.means, self.scales) = (least, most, means, scales)
  }

  /// Writes the scaled numbers of one row, [columns.count]; a NaN stays one.
  ///
  /// - Parameter row: those of `columns`.
  package func apply(f32 row: UnsafePointer<Float>, columns: Range<Int>, into result: UnsafeMutablePointer<Double>) {
    apply(row, isDouble: false, columns, result)
  }

  /// The same of f64.
  package func apply(f64 row: UnsafePointer<Double>, columns: Range<Int>, into result: UnsafeMutablePointer<Double>) {
    apply(row, isDouble: true, columns, result)
  }

  private func apply(
    _ row: UnsafeRawPointer, isDouble: Bool, _ columns: Range<Int>, _ result: UnsafeMutablePointer<Double>
  ) {
    precondition(columns.lowerBound >= 0 && columns.upperBound <= least.count, "columns \(columns) of \(least.count)")
    guard !columns.isEmpty else { return }
    let first = columns.lowerBound
    least.withUnsafeBufferPointer { least in
      most.withUnsafeBufferPointer { most in
        means.withUnsafeBufferPointer { means in
          scales.withUnsafeBufferPointer { scales in
            vk_standardise(
              row, isDouble, columns.count, least.baseAddress! + first, most.baseAddress! + first, means.baseAddress! + first,
              scales.baseAddress! + first, result)
          }
        }
      }
    }
  }
}
