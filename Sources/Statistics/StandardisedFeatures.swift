package import Tensors

/// Features with every column drawn in at its tails and centred, every channel of unit variance over its cells.
///
/// They are made part by part from the values as they are stored, so that a wide readout is never held in f64 as a whole.
package struct StandardisedFeatures: Sendable {
  package let rows: Int
  package let columns: Int
  /// Places that share the scale of a channel.
  package let cells: Int
  package var channels: Int { columns / cells }

  private let source: Source
  private let scaling: Scaling

  /// What 95 % of a column span; values are drawn in to half as much again on either side (a normal's 3.9 standard
  /// deviations). Rare values a thousand times the usual ones would else be all that a kernel sees.
  private static let tail = 0.025

  /// - Parameters:
  ///   - features: [frames, cells * channels], the channels of one cell together.
  ///   - cells: places that share the scale of a channel.
  /// - Throws: `statistics.features.not-finite`.
  package init(_ features: Matrix, cells: Int = 1) throws(VLMError) {
    try self.init(.doubles(features), rows: features.rows, columns: features.columns, cells: cells)
  }

  /// The same of f32.
  package init(_ features: FloatTensor, cells: Int = 1) throws(VLMError) {
    try self.init(.floats(features), rows: features.rowCount, columns: features.rowWidth, cells: cells)
  }

  private init(_ source: Source, rows: Int, columns: Int, cells: Int) throws(VLMError) {
    precondition(cells > 0 && columns % cells == 0, "\(columns) columns in \(cells) cells")
    (self.source, self.rows, self.columns, self.cells) = (source, rows, columns, cells)
    let width = 64
    let strips = Parallel.map((columns + width - 1) / width) { index in
      Self.strip(source, rows: rows, columns: index * width..<min((index + 1) * width, columns))
    }
    if let bad = strips.compactMap(\.notFinite).min(by: { ($0.row, $0.column) < ($1.row, $1.column) }) {
      throw Designs.notFinite(bad.value, feature: bad.column, frame: bad.row)
    }
    let squares = strips.flatMap(\.squares)
    let channels = columns / cells
    let variances = (0..<channels).map { channel in
      (0..<cells).reduce(0) { $0 + squares[$1 * channels + channel] } / Double(rows * cells)
    }
    // What hardly moves beside the others is rounding, and unit variance would make a feature of it.
    let largest = variances.max() ?? 0
    let scales = variances.map { $0 > 1e-18 * largest ? 1 / $0.squareRoot() : 0 }
    scaling = Scaling(
      least: strips.flatMap(\.least), most: strips.flatMap(\.most), means: strips.flatMap(\.means),
      scales: (0..<columns).map { scales[$0 % channels] })
  }

  /// [rows, columns].
  package func part(rows: Range<Int>, columns: Range<Int>) -> Matrix {
    Matrix(rows.count, columns.count) { result in
      for (place, row) in rows.enumerated() where !columns.isEmpty {
        fill(result.baseAddress! + place * columns.count, row, columns)
      }
    }
  }

  /// Writes the named columns of a row.
  fileprivate func fill(_ result: UnsafeMutablePointer<Double>, _ row: Int, _ columns: Range<Int>) {
    source.read(row, columns, into: result)
    scaling.apply(to: result, columns)
  }
}

/// A row for every cell of every frame: [frames * cells, channels].
package struct StandardisedTokens: RowSource {
  private let features: StandardisedFeatures

  package init(_ features: StandardisedFeatures) { self.features = features }

  package var rows: Int { features.rows * features.cells }
  package var columns: Int { features.channels }

  package func part(_ rows: Range<Int>) -> Matrix {
    Matrix(rows.count, columns) { result in
      for (place, row) in rows.enumerated() where columns > 0 {
        let (frame, cell) = row.quotientAndRemainder(dividingBy: features.cells)
        features.fill(result.baseAddress! + place * columns, frame, cell * columns..<(cell + 1) * columns)
      }
    }
  }
}

extension StandardisedFeatures {
  /// What columns go through.
  private struct Scaling {
    /// Between what values are drawn in.
    let least: [Double]
    let most: [Double]
    let means: [Double]
    let scales: [Double]

    /// `values`: of the named columns.
    func apply(to values: UnsafeMutablePointer<Double>, _ columns: Range<Int>) {
      least.withUnsafeBufferPointer { least in
        most.withUnsafeBufferPointer { most in
          means.withUnsafeBufferPointer { means in
            scales.withUnsafeBufferPointer { scales in
              for (place, column) in columns.enumerated() {
                let drawnIn = StandardisedFeatures.drawn(values[place], in: least[column], most[column])
                values[place] = (drawnIn - means[column]) * scales[column]
              }
            }
          }
        }
      }
    }
  }

  private static func drawn(_ value: Double, in least: Double, _ most: Double) -> Double {
    value < least ? least : value > most ? most : value
  }

  /// Values as they are stored.
  private enum Source: Sendable {
    case floats(FloatTensor)
    case doubles(Matrix)

    func read(_ row: Int, _ columns: Range<Int>, into result: UnsafeMutablePointer<Double>) {
      switch self {
      case .floats(let features):
        let values = features.base + row * features.rowWidth + columns.lowerBound
        for place in 0..<columns.count { result[place] = Double(values[place]) }
      case .doubles(let features):
        features.values.withUnsafeBufferPointer { values in
          result.update(
            from: values.baseAddress! + row * features.columns + columns.lowerBound, count: columns.count)
        }
      }
    }
  }

  /// Of columns side by side.
  private struct Strip {
    var least: [Double] = []
    var most: [Double] = []
    var means: [Double] = []
    /// Sums of squares about the means.
    var squares: [Double] = []
    /// The first value that is not finite.
    var notFinite: (row: Int, column: Int, value: Double)?
  }

  private static func strip(_ source: Source, rows: Int, columns: Range<Int>) -> Strip {
    var strip = Strip()
    // A column a row.
    var values = Matrix(columns.count, rows)
    var line = [Double](repeating: 0, count: columns.count)
    values.values.withUnsafeMutableBufferPointer { values in
      for row in 0..<rows {
        line.withUnsafeMutableBufferPointer { source.read(row, columns, into: $0.baseAddress!) }
        for (place, value) in line.enumerated() {
          values[place * rows + row] = value
          if !value.isFinite, strip.notFinite == nil {
            strip.notFinite = (row, columns.lowerBound + place, value)
          }
        }
      }
    }
    guard strip.notFinite == nil else { return strip }
    values.values.withUnsafeBufferPointer { values in
      for column in 0..<columns.count {
        let own = UnsafeBufferPointer(rebasing: values[column * rows..<(column + 1) * rows])
        let last = Double(rows - 1)
        let low = Quantile.low(own, at: tail * last)
        let high = Quantile.high(own, at: (1 - tail) * last)
        let reach = (high - low) / 2
        // What is the same in nearly all frames has no usual size; its few other values are all that it tells.
        let (least, most) = reach > 0 ? (low - reach, high + reach) : (-Double.infinity, .infinity)
        var mean = 0.0
        for value in own { mean += drawn(value, in: least, most) }
        mean /= Double(max(rows, 1))
        var squares = 0.0
        for value in own {
          let difference = drawn(value, in: least, most) - mean
          squares += difference * difference
        }
        strip.least.append(least)
        strip.most.append(most)
        strip.means.append(mean)
        strip.squares.append(squares)
      }
    }
    return strip
  }
}
