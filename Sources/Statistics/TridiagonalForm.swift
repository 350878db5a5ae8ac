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
  init(_ matrix: Matrix) {
    precondition(matrix.rows == matrix.columns && matrix.rows > 0)
    var n = CInt(matrix.rows)
    var status: CInt = 0
    var reflectors = matrix
    var factors = [Double](repeating: 0, count: matrix.rows)
    var diagonal = factors
    var offDiagonal = factors
    reflectors.values.withUnsafeMutableBufferPointer { a in
      withWork { work, size in
        dsytrd_("L", &n, a.baseAddress, &n, &diagonal, &offDiagonal, &factors, work, size, &status)
      }
    }
    precondition(status == 0)
    order = matrix.rows
    self.reflectors = reflectors
    self.factors = factors
    self.diagonal = diagonal
    self.offDiagonal = offDiagonal
  }

  /// `Q'x` of every row x: [m, n].
  func rotated(_ rows: Matrix) -> Matrix { multiplied(rows, "T") }

  /// `Qx` of every row x: [m, n].
  func rotatedBack(_ rows: Matrix) -> Matrix { multiplied(rows, "N") }

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
        withWork { work, size in
          dormtr_("L", "L", transposition, &n, &count, a, &n, factors, c.baseAddress, &n, work, size, &status)
        }
      }
    }
    precondition(status == 0)
    return result
  }

  /// `(T + lambda)^-1 x` of every row x: [m, n]; 0 where lambda is, as it is of a kernel of nothing.
  func solved(_ rows: Matrix, lambda: Double) throws(VLMError) -> Matrix {
    precondition(rows.columns == order)
    guard lambda > 0, rows.rows > 0 else { return Matrix(rows.rows, order) }
    var n = CInt(order)
    var count = CInt(rows.rows)
    var status: CInt = 0
    var pivots = diagonal.map { $0 + lambda }
    var multipliers = offDiagonal
    dpttrf_(&n, &pivots, &multipliers, &status)
    guard status == 0 else { throw .indefinite(order: order) }
    var result = rows
    result.values.withUnsafeMutableBufferPointer { b in
      dpttrs_(&n, &count, pivots, multipliers, b.baseAddress, &n, &status)
    }
    return result
  }

  /// The `count` largest eigenvalues, ascending, with the eigenvectors of K, one a row (dstemr).
  func leading(_ count: Int) throws(VLMError) -> (values: [Double], vectors: Matrix) {
    let count = min(count, order)
    var n = CInt(order)
    var first = CInt(order - count + 1)
    var last = n
    var unused = 0.0
    var found: CInt = 0
    var capacity = CInt(count)
    var tryAccuracy: CInt = 1
    var status: CInt = 0
    // Both are overwritten.
    var diagonal = diagonal
    var offDiagonal = offDiagonal
    var values = [Double](repeating: 0, count: order)
    var vectors = Matrix(count, order)
    var support = [CInt](repeating: 0, count: 2 * count)
    var work = [Double](repeating: 0, count: 18 * order)
    var integerWork = [CInt](repeating: 0, count: 10 * order)
    var workSize = CInt(work.count)
    var integerWorkSize = CInt(integerWork.count)
    vectors.values.withUnsafeMutableBufferPointer { z in
      dstemr_(
        "V", "I", &n, &diagonal, &offDiagonal, &unused, &unused, &first, &last, &found, &values,
        z.baseAddress, &n,
        &capacity, &support, &tryAccuracy, &work, &workSize, &integerWork, &integerWorkSize, &status)
    }
    guard status == 0, Int(found) == count else { throw .eigenvaluesNotFound(order: order) }
    return (Array(values.prefix(count)), rotatedBack(vectors))
  }
}

/// Runs a LAPACK routine twice: the first time it only tells the size of its work array.
private func withWork(_ routine: (UnsafeMutablePointer<Double>, UnsafePointer<CInt>) -> Void) {
  var size: CInt = -1
  var best = 0.0
  routine(&best, &size)
  size = CInt(best)
  withUnsafeTemporaryAllocation(of: Double.self, capacity: Int(size)) { routine($0.baseAddress!, &size) }
}
