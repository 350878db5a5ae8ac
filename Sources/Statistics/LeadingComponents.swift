package import Tensors

/// The scores of frames on the leading principal components of their features, by seeded subspace iteration.
///
/// Labels play no part, so a permutation test run on the scores is exact whatever the components are.
package enum LeadingComponents {
  /// `features`: [frames, p], centred. Returns [frames, rank], or the features themselves when p <= rank.
  package static func scores(
    _ features: some RowSource, rank: Int, seed: UInt64
  ) throws(VLMError) -> Matrix {
    guard features.columns > rank else { return features.part(0..<features.rows) }
    let width = min(rank + 16, features.columns)
    var generator = SeededGenerator(seed: seed, purpose: "components")
    let start = Matrix(features.rows, width, (0..<features.rows * width).map { _ in generator.normal() })
    // Spans `X' start`, then `X'X` times that.
    var basis = try orthonormalised(
      sum(features, width: width) { $1.times(start.rows($0), transposingSelf: true) })
    for _ in 0..<2 {
      let last = basis
      basis = try orthonormalised(
        sum(features, width: last.columns) { $1.times($1.times(last), transposingSelf: true) })
    }
    let parts = parts(features).flatMap(\.self)
    let images = Parallel.map(parts.count) { features.part(parts[$0]).times(basis).values }
    let image = Matrix(features.rows, basis.columns, Array(images.joined()))
    let eigen = try SymmetricEigen(image.gram())
    let leading = eigen.vectors.rows(max(0, eigen.values.count - rank)..<eigen.values.count)
    return image.times(leading, transposingOther: true)
  }

  /// Rows that are taken at once, and the most sums over them that are found side by side, whatever the number of threads.
  private static let (height, mostShares) = (256, 16)

  /// The rows of each share in parts.
  private static func parts(_ features: some RowSource) -> [[Range<Int>]] {
    let count = (features.rows + height - 1) / height
    let shares = max(1, min(count, mostShares))
    return (0..<shares).map { share in
      (count * share / shares..<count * (share + 1) / shares).map {
        $0 * height..<min(($0 + 1) * height, features.rows)
      }
    }
  }

  /// Of what `product` gives for all parts: [p, width].
  private static func sum(
    _ features: some RowSource, width: Int, _ product: (Range<Int>, Matrix) -> Matrix
  ) -> Matrix {
    let parts = parts(features)
    let sums = Parallel.map(parts.count) { share in
      parts[share].reduce(into: Matrix(features.columns, width)) { $0 += product($1, features.part($1)) }
    }
    return sums.dropFirst().reduce(into: sums[0]) { $0 += $1 }
  }

  private static func orthonormalised(_ matrix: Matrix) throws(VLMError) -> Matrix {
    let eigen = try SymmetricEigen(matrix.gram())
    let kept = significant(eigen.values)
    var result = matrix.times(eigen.vectors.rows(kept), transposingOther: true)
    result.scaleRows(by: kept.map { 1 / eigen.values[$0].squareRoot() })
    return result
  }
}

/// Rows that are handed out in parts; what they are made from need not be held.
package protocol RowSource: Sendable {
  var rows: Int { get }
  var columns: Int { get }

  /// [part, columns].
  func part(_ rows: Range<Int>) -> Matrix
}

extension Matrix: RowSource {
  package func part(_ rows: Range<Int>) -> Matrix { self.rows(rows) }
}
