internal import Foundation
package import Tensors

/// The products between all frames of one block of features: plain, and through a Gaussian, which readouts that are not
/// linear need. Both are centred and have the trace n.
///
/// Labels play no part in it, so all frames may.
package struct FrameKernels: Sendable {
  package let linear: Matrix
  package let gaussian: Matrix

  /// - Parameters:
  ///   - features: [frames, cells * channels], the channels of one cell together.
  ///   - cells: places that share the scale of a channel.
  /// - Throws: `statistics.features.not-finite`.
  package init(_ features: Matrix, cells: Int = 1) throws(VLMError) {
    let products = try Self.standardised(features, cells: cells).gram(ofRows: true)
    linear = Self.normalised(products)
    gaussian = Self.normalised(Self.gaussian(products))
  }

  /// What 95 % of a column span; values are drawn in to half as much again on either side (a normal's 3.9 standard
  /// deviations). Rare values a thousand times the usual ones would else be all that a kernel sees.
  private static let tail = 0.025

  /// Every column drawn in at its tails and centred, every channel of unit variance over its cells.
  package static func standardised(_ features: Matrix, cells: Int) throws(VLMError) -> Matrix {
    precondition(cells > 0 && features.columns % cells == 0, "\(features.columns) columns in \(cells) cells")
    try Designs.requireFinite(features)
    var result = features
    let (rows, columns) = (features.rows, features.columns)
    result.values.withUnsafeMutableBufferPointer { values in
      nonisolated(unsafe) let values = values
      Parallel.forRanges(columns, grain: 8) { range in
        var column = [Double](repeating: 0, count: rows)
        for index in range {
          for row in 0..<rows { column[row] = values[row * columns + index] }
          let last = Double(rows - 1)
          let least = Self.quantile(&column, at: tail * last)
          let most = Self.quantile(&column, at: (1 - tail) * last)
          let reach = (most - least) / 2
          // What is the same in nearly all frames has no usual size; its few other values are all that it tells.
          guard reach > 0 else { continue }
          for row in 0..<rows {
            let place = row * columns + index
            values[place] = min(max(values[place], least - reach), most + reach)
          }
        }
      }
    }
    result.subtractFromRows(result.columnMeans())
    let squares = result.columnSquares()
    let channels = columns / cells
    let variances = (0..<channels).map { channel in
      (0..<cells).reduce(0) { $0 + squares[$1 * channels + channel] } / Double(rows * cells)
    }
    // What hardly moves beside the others is rounding, and unit variance would make a feature of it.
    let largest = variances.max() ?? 0
    let scales = variances.map { $0 > 1e-18 * largest ? 1 / $0.squareRoot() : 0 }
    result.scaleRows(by: (0..<columns).map { scales[$0 % max(channels, 1)] })
    return result
  }

  /// Between the two neighbours in proportion, as numpy's `quantile`; puts `values` in another order.
  private static func quantile(_ values: inout [Double], at place: Double) -> Double {
    let index = Int(place)
    return values.withUnsafeMutableBufferPointer { values in
      let lower = select(index, of: values)
      let upper = values[(index + 1)...].min() ?? lower
      return lower + (place - Double(index)) * (upper - lower)
    }
  }

  /// The value that would stand at `index` if all were sorted, which it moves there with what is less before it (Hoare's FIND).
  private static func select(_ index: Int, of values: UnsafeMutableBufferPointer<Double>) -> Double {
    var (first, last) = (0, values.count - 1)
    while first < last {
      let pivot = values[(first + last) / 2]
      var (left, right) = (first, last)
      while left <= right {
        while values[left] < pivot { left += 1 }
        while pivot < values[right] { right -= 1 }
        guard left <= right else { break }
        values.swapAt(left, right)
        left += 1
        right -= 1
      }
      if index <= right {
        last = right
      } else if index >= left {
        first = left
      } else {
        break
      }
    }
    return values[index]
  }

  /// `exp(-|x - y|^2 / median)` over the median of all squared distances.
  private static func gaussian(_ products: Matrix) -> Matrix {
    let n = products.rows
    var distances = products
    for row in 0..<n {
      for column in 0..<n {
        distances[row, column] = max(
          0, products[row, row] + products[column, column] - 2 * products[row, column])
      }
    }
    var pairs: [Double] = []
    pairs.reserveCapacity(n * (n - 1) / 2)
    for row in 0..<n { pairs.append(contentsOf: distances.values[row * n + row + 1..<(row + 1) * n]) }
    let median = pairs.isEmpty ? 0 : quantile(&pairs, at: Double(pairs.count - 1) / 2)
    guard median > 0 else { return Matrix(n, n) }
    for index in distances.values.indices { distances.values[index] = exp(-distances.values[index] / median) }
    return distances
  }

  private static func normalised(_ kernel: Matrix) -> Matrix {
    var result = kernel
    result.centreKernel(about: Array(0..<kernel.rows))
    let trace = result.trace
    result.scale(by: trace > 0 ? Double(kernel.rows) / trace : 0)
    return result
  }
}
