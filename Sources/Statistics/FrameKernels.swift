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
    self.init(try StandardisedFeatures(features, cells: cells))
  }

  /// The same of f32.
  package init(_ features: FloatTensor, cells: Int = 1) throws(VLMError) {
    self.init(try StandardisedFeatures(features, cells: cells))
  }

  private init(_ features: StandardisedFeatures) {
    let products = Self.products(features)
    linear = Self.normalised(products)
    gaussian = Self.normalised(Self.gaussian(products))
  }

  /// Columns that are standardised at once, and sums over them that are found side by side, whatever the number of threads.
  private static let (width, shares) = (1024, 4)

  /// `X X'`, a sum over columns: [frames, frames].
  private static func products(_ features: StandardisedFeatures) -> Matrix {
    let parts = (features.columns + width - 1) / width
    let sums = Parallel.map(shares) { share in
      var sum = Matrix(features.rows, features.rows)
      for part in parts * share / shares..<parts * (share + 1) / shares {
        let columns = part * width..<min((part + 1) * width, features.columns)
        sum += features.part(rows: 0..<features.rows, columns: columns).gram(ofRows: true)
      }
      return sum
    }
    return sums.dropFirst().reduce(into: sums[0]) { $0 += $1 }
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
    let median = pairs.isEmpty ? 0 : Quantile.middle(&pairs, at: Double(pairs.count - 1) / 2)
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
