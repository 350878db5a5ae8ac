internal import COpenBLAS
internal import Tensors

/// A symmetric positive semidefinite matrix as `K = Q T Q'`, Q orthogonal and T tridiagonal (dsytrd).
///
/// `(K + lambda)^-1` then costs O(n) a right-hand side for every lambda. An eigendecomposition, which would do the same, takes
/// four times as long as this, and a Cholesky factorisation for each of a dozen lambdas twice.
struct TridiagonalForm {
  let order: Int
  /// The Householder vectors that Q is the product of, below the subdiagonal of Fortran's columns, and their factors.
  private let reflectors: Matrix
  private let factors: [Double]
  private let diagonal: [Double]
  private let offDiagonal: [Double]

  /// `matrix`: [n, n].
  init(_ matrix: consuming Matrix) {
    precondition(matrix.rows == matrix.columns && matrix.rows > 0)
    order = matrix.rows
    var n = CInt(matrix.rows)
    var status: CInt = 0
    var reflectors = matrix
    var factors = [Double](repeating: 0, count: order)
    var diagonal = factors
    var offDiagonal = factors
    reflectors.values.withUnsafeMutableBufferPointer { a in
      withWork { work, size in
        dsytrd_("L", &n, a.baseAddress, &n, &diagonal, &offDiagonal, &factors, work, size, &status)
      }
    }
    precondition(status == 0)
    self.reflectors = reflectors
    self.factors = factors
    self.diagonal = diagonal
    self.offDiagonal = offDiagonal
  }

  /// `Q'x` of every row x: [m, n].
  func rotated(_ rows: Matrix) -> Matrix { multiplied(rows, "T") }

  /// `Qx` of every row x: [m, n].
  func rotatedBack(_ rows: Matrix) -> Matrix { multiplied(rows, "N") }

  /// What dormtr forgets to ask for: the triangular factors of a block of reflectors (65 x 64). Without them it takes reflectors
  /// one by one, at a third of the speed.
  private static let blockFactors = 65 * 64

  private func multiplied(_ rows: Matrix, _ transposition: String) -> Matrix {
    precondition(rows.columns == order)
    guard rows.rows > 0 else { return rows }
    var n = CInt(order)
    var count = CInt(rows.rows)
    var status: CInt = 0
    var result = rows
    result.values.withUnsafeMutableBufferPointer { c in
      reflectors.values.withUnsafeBufferPointer { a in
        // LAPACK sets elements to 1 on its way and back again; a form is used by one thread.
        let a = UnsafeMutablePointer(mutating: a.baseAddress)
        withWork(beyond: Self.blockFactors) { work, size in
          dormtr_("L", "L", transposition, &n, &count, a, &n, factors, c.baseAddress, &n, work, size, &status)
        }
      }
    }
    precondition(status == 0)
    return result
  }

  /// `(T + lambda)^-1 x` of every row x, for one lambda after another: [lambdas * m, n]; 0 where lambda is, as it is of a kernel
  /// of nothing.
  func solved(_ rows: Matrix, lambdas: [Double]) throws(VLMError) -> Matrix {
    precondition(rows.columns == order)
    var result = Matrix(lambdas.count * rows.rows, order)
    guard rows.rows > 0 else { return result }
    var n = CInt(order)
    var count = CInt(rows.rows)
    var status: CInt = 0
    for (place, lambda) in lambdas.enumerated() where lambda > 0 {
      var pivots = diagonal.map { $0 + lambda }
      var multipliers = offDiagonal
      dpttrf_(&n, &pivots, &multipliers, &status)
      guard status == 0 else { throw .indefinite(order: order) }
      result.values.withUnsafeMutableBufferPointer { values in
        let own = values[place * rows.values.count..<(place + 1) * rows.values.count]
        _ = UnsafeMutableBufferPointer(rebasing: own).update(from: rows.values)
        dpttrs_(&n, &count, pivots, multipliers, values.baseAddress! + own.startIndex, &n, &status)
      }
    }
    return result
  }

  /// `(T + lambda)^-1 x` of every row x, each with a lambda of its own: [m, n].
  func solved(_ rows: Matrix, lambdaOfRow lambdas: [Double]) throws(VLMError) -> Matrix {
    precondition(rows.rows == lambdas.count)
    var result = rows
    for (lambda, places) in Dictionary(grouping: lambdas.indices, by: { lambdas[$0] }) {
      result.set(rows: places, to: try solved(rows.rows(places), lambdas: [lambda]))
    }
    return result
  }

  /// The largest eigenvalues, `count` at most, ascending, with the eigenvectors of K, one a row; of those that are more than
  /// rounding (see `significant`).
  ///
  /// All eigenvalues (dsterf), and inverse iteration for the vectors that are asked for (dstein): twice as fast as dstemr, which
  /// bisects where not all are wanted.
  func leading(_ count: Int) throws(VLMError) -> (values: [Double], vectors: Matrix) {
    var n = CInt(order)
    var status: CInt = 0
    // Both are overwritten.
    var all = diagonal
    var rest = offDiagonal
    dsterf_(&n, &all, &rest, &status)
    guard status == 0, all.allSatisfy(\.isFinite) else { throw .eigenvaluesNotFound(order: order) }
    let values = significant(all).suffix(count).map { all[$0] }
    guard !values.isEmpty else { return ([], Matrix(0, order)) }
    var found = CInt(values.count)
    // The matrix counts as one block.
    let blocks = [CInt](repeating: 1, count: order)
    let ends = [n] + [CInt](repeating: 0, count: order - 1)
    var vectors = Matrix(values.count, order)
    var work = [Double](repeating: 0, count: 5 * order)
    var integerWork = [CInt](repeating: 0, count: order)
    var failures = [CInt](repeating: 0, count: values.count)
    let padded = values + [Double](repeating: 0, count: order - values.count)
    vectors.values.withUnsafeMutableBufferPointer { z in
      dstein_(
        &n, diagonal, offDiagonal, &found, padded, blocks, ends, z.baseAddress, &n, &work, &integerWork,
        &failures, &status)
    }
    guard status == 0 else { throw .eigenvaluesNotFound(order: order) }
    return (values, rotatedBack(vectors))
  }
}

/// Runs a LAPACK routine twice: the first time it only tells the size of its work array, which gets `room` more.
private func withWork(
  beyond room: Int = 0, _ routine: (UnsafeMutablePointer<Double>, UnsafePointer<CInt>) -> Void
) {
  var size: CInt = -1
  var best = 0.0
  routine(&best, &size)
  size = CInt(best) + CInt(room)
  withUnsafeTemporaryAllocation(of: Double.self, capacity: Int(size)) { routine($0.baseAddress!, &size) }
}
