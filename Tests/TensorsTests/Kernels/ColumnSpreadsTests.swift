import Foundation
import Testing

@testable import Tensors

/// Against figures from sorted columns. The standardised kernels of `KernelSetsTests`, which are made with these, are NumPy's.
@Suite struct ColumnSpreadsTests {
  private static let tail = 0.025

  enum Kind: CaseIterable { case spread, tied, constant, rare, outlier, tiny }

  private static func values(_ rows: Int, _ columns: Int, _ kind: Kind) -> [Float] {
    var generator = Tensors.SeededGenerator(seed: UInt64(rows), purpose: "columns")
    return (0..<rows * columns).map { place in
      let value = Float(generator.normal())
      return switch kind {
      case .spread: value
      case .tied: value.rounded()
      case .constant: 3.25
      case .rare: place % 61 == 0 ? value : 0
      case .outlier: place / columns == rows / 2 ? 1e30 : value
      case .tiny: value * .leastNonzeroMagnitude
      }
    }
  }

  /// numpy's `quantile`.
  private static func quantile(_ sorted: [Double], _ share: Double) -> Double {
    let place = share * Double(sorted.count - 1)
    let (before, after) = (sorted[Int(place)], sorted[min(Int(place) + 1, sorted.count - 1)])
    return before + (place - place.rounded(.down)) * (after - before)
  }

  @Test(arguments: [1, 2, 3, 40, 41, 42, 80, 81, 780], Kind.allCases) func figures(rows: Int, kind: Kind) {
    let width = 13
    let numbers = Self.values(rows, width, kind)
    let found = numbers.withUnsafeBufferPointer { ColumnSpreads(f32: $0, rows: rows, columns: 1..<12, tail: Self.tail) }
    #expect(found.notFinite == nil && found.columns.count == 11)
    for (place, column) in (1..<12).enumerated() {
      let values = (0..<rows).map { Double(numbers[$0 * width + column]) }
      let sorted = values.sorted()
      let (low, high) = (Self.quantile(sorted, Self.tail), Self.quantile(sorted, 1 - Self.tail))
      let reach = high > low ? (high - low) / 2 : .infinity
      let drawn = values.map { min(max($0, low - reach), high + reach) }
      let mean = drawn.reduce(0, +) / Double(rows)
      let squares = drawn.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      let figures = found.columns[place]
      #expect(figures.least == low - reach && figures.most == high + reach)
      let size = drawn.reduce(0) { max($0, abs($1)) }
      #expect(abs(figures.mean - mean) <= 1e-13 * size && abs(figures.squares - squares) <= 1e-12 * size * size * Double(rows))
    }
    let doubles = numbers.map(Double.init)
    let same = doubles.withUnsafeBufferPointer { ColumnSpreads(f64: $0, rows: rows, columns: 1..<12, tail: Self.tail) }
    #expect(zip(found.columns, same.columns).allSatisfy { $0.least == $1.least && $0.mean == $1.mean && $0.squares == $1.squares })
  }

  /// A column's figures are the same whatever it is read with.
  @Test func columnsByThemselves() {
    let numbers = Self.values(300, 17, .spread)
    func spreads(_ columns: Range<Int>) -> [ColumnSpreads.Column] {
      numbers.withUnsafeBufferPointer { ColumnSpreads(f32: $0, rows: 300, columns: columns, tail: Self.tail).columns }
    }
    for (column, together) in spreads(0..<17).enumerated() {
      let alone = spreads(column..<column + 1)[0]
      #expect(alone.least == together.least && alone.most == together.most && alone.squares == together.squares)
    }
  }

  @Test func valuesThatAreNotFinite() {
    var numbers = Self.values(50, 20, .spread)
    numbers[7 * 20 + 3] = .nan
    numbers[6 * 20 + 19] = -.infinity
    let found = numbers.withUnsafeBufferPointer { ColumnSpreads(f32: $0, rows: 50, columns: 2..<20, tail: Self.tail).notFinite }
    #expect(found?.row == 6 && found?.column == 19)
  }
}
