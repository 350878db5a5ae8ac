package import Tensors

/// The scores of frames on the leading principal components of their features, by seeded subspace iteration.
///
/// Labels play no part, so a permutation test run on the scores is exact whatever the components are.
package enum LeadingComponents {
  /// `features`: [frames, p], centred. Returns [frames, rank], or the features themselves when p <= rank.
  package static func scores(_ features: Matrix, rank: Int, seed: UInt64) throws(VLMError) -> Matrix {
    guard features.columns > rank else { return features }
    let width = min(rank + 16, features.columns)
    var generator = SeededGenerator(seed: seed, purpose: "components")
    var basis = Matrix(features.rows, width, (0..<features.rows * width).map { _ in generator.normal() })
    for _ in 0..<3 {
      // Orthonormal columns spanning X' (X Q).
      let image = features.times(basis, transposingSelf: true)
      basis = features.times(try orthonormalised(image))
    }
    let eigen = try SymmetricEigen(basis.gram())
    let leading = eigen.vectors.rows(max(0, eigen.values.count - rank)..<eigen.values.count)
    return basis.times(leading, transposingOther: true)
  }

  private static func orthonormalised(_ matrix: Matrix) throws(VLMError) -> Matrix {
    let eigen = try SymmetricEigen(matrix.gram())
    let kept = significant(eigen.values)
    var result = matrix.times(eigen.vectors.rows(kept), transposingOther: true)
    result.scaleRows(by: kept.map { 1 / eigen.values[$0].squareRoot() })
    return result
  }
}
