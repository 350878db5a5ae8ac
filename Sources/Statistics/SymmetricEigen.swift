internal import COpenBLAS
package import Tensors

/// The eigenvalues of a symmetric matrix, ascending, and its eigenvectors (dsyevd).
package struct SymmetricEigen: Sendable {
  package let values: [Double]
  /// Row `i` is the eigenvector of `values[i]`.
  package let vectors: Matrix

  /// `matrix`: [n, n], symmetric. Throws when LAPACK does not converge, as on a matrix that holds NaN.
  package init(_ matrix: Matrix) throws(VLMError) {
    precondition(matrix.rows == matrix.columns)
    var vectors = matrix
    var values = [Double](repeating: 0, count: matrix.rows)
    guard matrix.rows > 0 else {
      self.values = values
      self.vectors = vectors
      return
    }
    var order = CInt(matrix.rows)
    var status: CInt = 0
    var workSize: CInt = -1
    var integerWorkSize: CInt = -1
    var work = [0.0]
    var integerWork: [CInt] = [0]
    // The first call asks for the sizes of the work arrays.
    for _ in 0..<2 {
      vectors.values.withUnsafeMutableBufferPointer { a in
        dsyevd_(
          "V", "U", &order, a.baseAddress, &order, &values, &work, &workSize, &integerWork, &integerWorkSize,
          &status)
      }
      guard status == 0 else { break }
      if workSize == -1 {
        workSize = CInt(work[0])
        integerWorkSize = integerWork[0]
        work = [Double](repeating: 0, count: Int(workSize))
        integerWork = [CInt](repeating: 0, count: Int(integerWorkSize))
      }
    }
    guard status == 0, values.allSatisfy(\.isFinite) else { throw .eigenvaluesNotFound(order: matrix.rows) }
    self.values = values
    self.vectors = vectors
  }
}
