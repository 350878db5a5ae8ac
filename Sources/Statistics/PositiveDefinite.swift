internal import COpenBLAS

/// `A x = b` for a symmetric positive definite `A`, in place (dpotrf, dpotrs).
package enum PositiveDefinite {
  /// Factors `matrix` [n, n]; false when it is not positive definite.
  package static func factor(_ matrix: UnsafeMutablePointer<Double>, order: Int) -> Bool {
    var n = CInt(order)
    var status: CInt = 0
    dpotrf_("U", &n, matrix, &n, &status)
    return status == 0
  }

  /// Overwrites `right` [count, n] (one right-hand side a row) with the solutions.
  package static func solve(
    _ factor: UnsafePointer<Double>, order: Int, right: UnsafeMutablePointer<Double>, count: Int
  ) {
    var n = CInt(order)
    var columns = CInt(count)
    var status: CInt = 0
    dpotrs_("U", &n, &columns, factor, &n, right, &n, &status)
  }

  /// Factors `matrix` in place; false when it is not positive definite.
  static func factor(_ matrix: inout Matrix) -> Bool {
    let order = matrix.rows
    return matrix.values.withUnsafeMutableBufferPointer { factor($0.baseAddress!, order: order) }
  }

  /// Overwrites `right` [count, n] (one right-hand side a row) with the solutions.
  static func solve(factored matrix: Matrix, _ right: inout Matrix) {
    let count = right.rows
    matrix.values.withUnsafeBufferPointer { factor in
      right.values.withUnsafeMutableBufferPointer {
        solve(factor.baseAddress!, order: matrix.rows, right: $0.baseAddress!, count: count)
      }
    }
  }

  /// Factors and solves; false when `matrix` is not positive definite.
  static func solve(_ matrix: inout Matrix, _ right: inout Matrix) -> Bool {
    guard factor(&matrix) else { return false }
    solve(factored: matrix, &right)
    return true
  }

  /// Turns a factor into the inverse, both triangles filled (dpotri).
  static func invert(factored matrix: inout Matrix) {
    let order = matrix.rows
    matrix.values.withUnsafeMutableBufferPointer { values in
      var n = CInt(order)
      var status: CInt = 0
      dpotri_("U", &n, values.baseAddress, &n, &status)
      // Fortran's upper triangle is the lower one of rows.
      for row in 0..<order { for column in row + 1..<max(order, row + 1) { values[row * order + column] = values[column * order + row] } }
    }
  }
}
