package import Tensors

/// The scores of frames on the leading principal components of their features, by seeded subspace iteration.
///
/// Labels play no part, so a permutation test run on the scores is exact whatever the components are. Of many rows those that teach
/// the components are drawn; all are brought to these.
package enum LeadingComponents {
  /// Rows that teach components.
  private static let mostTeaching = 8192

  /// `features`: [frames, p], centred. Returns [frames, rank], or the features themselves when p <= rank.
  package static func scores(
    _ features: some RowSource, rank: Int, seed: UInt64
  ) throws(VLMError) -> Matrix {
    let all = Array(0..<features.rows)
    guard features.columns > rank else { return features.rows(all) }
    var generator = SeededGenerator(seed: seed, purpose: "components")
    let teaching = all.count > mostTeaching ? generator.shuffled(all).prefix(mostTeaching).sorted() : all
    let components = try components(features, teaching, rank: rank, &generator)
    let parts = parts(all).flatMap(\.self)
    let scores = Parallel.map(parts.count) { features.rows(parts[$0]).times(components, transposingOther: true).values }
    return Matrix(features.rows, components.rows, Array(scores.joined()))
  }

  /// What the named rows teach: [rank, p].
  private static func components(
    _ features: some RowSource, _ rows: [Int], rank: Int, _ generator: inout SeededGenerator
  ) throws(VLMError) -> Matrix {
    let width = min(rank + 16, features.columns)
    let start = Matrix(rows.count, width, (0..<rows.count * width).map { _ in generator.normal() })
    // Spans `X' start`, then `X'X` times that.
    var basis = try orthonormalised(
      sum(rows, Matrix(features.columns, width)) { part, range in
        features.rows(part).times(start.rows(range), transposingSelf: true)
      })
    for _ in 0..<2 {
      let last = basis
      basis = try orthonormalised(
        sum(rows, Matrix(features.columns, last.columns)) { part, _ in
          let part = features.rows(part)
          return part.times(part.times(last), transposingSelf: true)
        })
    }
    let final = basis
    let gram = sum(rows, Matrix(final.columns, final.columns)) { part, _ in features.rows(part).times(final).gram() }
    let eigen = try SymmetricEigen(gram)
    let leading = eigen.vectors.rows(max(0, eigen.values.count - rank)..<eigen.values.count)
    return leading.times(basis, transposingOther: true)
  }

  /// Rows that are taken at once, and the most sums over them that are found side by side, whatever the number of threads.
  private static let (height, mostShares) = (256, 16)

  /// The rows of each share in parts.
  private static func parts(_ rows: [Int]) -> [[ArraySlice<Int>]] {
    let count = (rows.count + height - 1) / height
    let shares = max(1, min(count, mostShares))
    return (0..<shares).map { share in
      (count * share / shares..<count * (share + 1) / shares).map {
        rows[$0 * height..<min(($0 + 1) * height, rows.count)]
      }
    }
  }

  /// Of what `product` gives for all parts, which get their rows, and the places of these.
  private static func sum(
    _ rows: [Int], _ zero: Matrix, _ product: (ArraySlice<Int>, Range<Int>) -> Matrix
  ) -> Matrix {
    let parts = parts(rows)
    let sums = Parallel.map(parts.count) { share in
      parts[share].reduce(into: zero) { $0 += product($1, $1.indices) }
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

  /// [places, columns].
  func rows(_ places: some Collection<Int>) -> Matrix
}

extension Matrix: RowSource {}
