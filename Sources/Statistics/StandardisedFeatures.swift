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
  private let scaling: ColumnScaling

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
    let width = 256
    let strips = Parallel.map((columns + width - 1) / width) { index in
      source.spreads(of: index * width..<min((index + 1) * width, columns), rows: rows, tail: Self.tail)
    }
    if let bad = strips.compactMap(\.notFinite).min(by: { ($0.row, $0.column) < ($1.row, $1.column) }) {
      throw Designs.notFinite(source.value(bad.row, bad.column), feature: bad.column, frame: bad.row)
    }
    let spreads = strips.flatMap(\.columns)
    let channels = columns / cells
    let variances = (0..<channels).map { channel in
      (0..<cells).reduce(0) { $0 + spreads[$1 * channels + channel].squares } / Double(rows * cells)
    }
    // What hardly moves beside the others is rounding, and unit variance would make a feature of it.
    let largest = variances.max() ?? 0
    let scales = variances.map { $0 > 1e-18 * largest ? 1 / $0.squareRoot() : 0 }
    scaling = ColumnScaling(
      least: spreads.map(\.least), most: spreads.map(\.most), means: spreads.map(\.mean),
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
    switch source {
    case .floats(let features):
      scaling.apply(f32: features.base + row * features.rowWidth + columns.lowerBound, columns: columns, into: result)
    case .doubles(let features):
      features.values.withUnsafeBufferPointer { values in
        scaling.apply(f64: values.baseAddress! + row * features.columns + columns.lowerBound, columns: columns, into: result)
      }
    }
  }
}

/// A row for every cell of every frame: [frames * cells, channels].
package struct StandardisedTokens: RowSource {
  private let features: StandardisedFeatures

  package init(_ features: StandardisedFeatures) { self.features = features }

  package var rows: Int { features.rows * features.cells }
  package var columns: Int { features.channels }

  package func rows(_ places: some Collection<Int>) -> Matrix {
    Matrix(places.count, columns) { result in
      for (place, row) in places.enumerated() where columns > 0 {
        let (frame, cell) = row.quotientAndRemainder(dividingBy: features.cells)
        features.fill(result.baseAddress! + place * columns, frame, cell * columns..<(cell + 1) * columns)
      }
    }
  }
}

extension StandardisedFeatures {
  /// Values as they are stored.
  private enum Source: Sendable {
    case floats(FloatTensor)
    case doubles(Matrix)

    func value(_ row: Int, _ column: Int) -> Double {
      switch self {
      case .floats(let features): Double(features.base[row * features.rowWidth + column])
      case .doubles(let features): features[row, column]
      }
    }

    func spreads(of columns: Range<Int>, rows: Int, tail: Double) -> ColumnSpreads {
      switch self {
      case .floats(let features):
        let values = UnsafeBufferPointer(start: features.base, count: rows * features.rowWidth)
        return ColumnSpreads(f32: values, rows: rows, columns: columns, tail: tail)
      case .doubles(let features):
        return features.values.withUnsafeBufferPointer { ColumnSpreads(f64: $0, rows: rows, columns: columns, tail: tail) }
      }
    }
  }
}
