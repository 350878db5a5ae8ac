/// A matrix as a product `U V` of few orthonormal columns U, to rounding: by Gram and Schmidt, the column that is explained least
/// next.
package struct LowRank: Sendable {
  /// U: [rows, r].
  package let basis: Matrix
  /// V: [r, columns].
  package let weights: Matrix

  /// Of a column's length what may be left of it.
  private static let rounding = 1e-13

  package init(_ matrix: Matrix) {
    // One column a row.
    var rest = matrix.transposed()
    let lengths = rest.rowProducts(rest).map { $0.squareRoot() }
    var basis: [[Double]] = []
    var weights: [[Double]] = []
    while basis.count < min(matrix.rows, matrix.columns) {
      let left = zip(rest.rowProducts(rest), lengths).map { $1 > 0 ? $0.squareRoot() / $1 : 0 }
      guard let worst = left.indices.max(by: { left[$0] < left[$1] }), left[worst] > Self.rounding else {
        break
      }
      var next = Array(rest.row(worst))
      // Once more, for rounding left a little of the others in it.
      for other in basis {
        let share = zip(other, next).reduce(0) { $0 + $1.0 * $1.1 }
        for index in next.indices { next[index] -= share * other[index] }
      }
      let length = next.reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard length > 0 else { break }
      for index in next.indices { next[index] /= length }
      let shares = rest.times(Matrix(next.count, 1, next)).values
      rest.addOuter(shares, next, times: -1)
      basis.append(next)
      weights.append(shares)
    }
    self.basis = Matrix(basis.count, matrix.rows, Array(basis.joined())).transposed()
    self.weights = Matrix(weights.count, matrix.columns, Array(weights.joined()))
  }

  /// `U V`.
  package var product: Matrix { basis.times(weights) }
}
