internal import COpenBLAS
package import Tensors

/// A dense f64 matrix, row-major, with the few products that probes need.
package struct Matrix: Sendable, Equatable {
  package let rows: Int
  package let columns: Int
  package var values: [Double]

  package init(_ rows: Int, _ columns: Int) {
    self.rows = rows
    self.columns = columns
    values = [Double](repeating: 0, count: rows * columns)
  }

  package init(_ rows: Int, _ columns: Int, _ values: [Double]) {
    precondition(values.count == rows * columns, "\(values.count) values for \(rows) x \(columns)")
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  /// Lets `fill` write every element.
  init(
    _ rows: Int, _ columns: Int, filling fill: (UnsafeMutableBufferPointer<Double>) -> Void
  ) {
    let count = rows * columns
    self.rows = rows
    self.columns = columns
    values = [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
      fill(UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
      initialized = count
    }
  }

  /// A table [rows, width] of f32.
  package init(_ table: FloatTensor) {
    self.init(table.rowCount, table.rowWidth) { values in
      for place in values.indices { values[place] = Double(table.base[place]) }
    }
  }

  package subscript(row: Int, column: Int) -> Double {
    get { values[row * columns + column] }
    set { values[row * columns + column] = newValue }
  }

  package func row(_ index: Int) -> ArraySlice<Double> { values[index * columns..<(index + 1) * columns] }

  package func column(_ index: Int) -> [Double] { (0..<rows).map { self[$0, index] } }

  /// The named rows, in that order.
  package func rows(_ indices: some Collection<Int>) -> Matrix {
    precondition(indices.allSatisfy { (0..<rows).contains($0) })
    return Matrix(indices.count, columns) { result in
      values.withUnsafeBufferPointer { values in
        for (place, row) in indices.enumerated() where columns > 0 {
          (result.baseAddress! + place * columns)
            .update(from: values.baseAddress! + row * columns, count: columns)
        }
      }
    }
  }

  /// The named columns, in that order.
  package func columns(_ indices: some Collection<Int>) -> Matrix {
    let indices = Array(indices)
    precondition(indices.allSatisfy { (0..<columns).contains($0) })
    return Matrix(rows, indices.count) { result in
      values.withUnsafeBufferPointer { values in
        for row in 0..<rows {
          for (place, column) in indices.enumerated() {
            result[row * indices.count + place] = values[row * columns + column]
          }
        }
      }
    }
  }

  /// Columns that stand together.
  package func columns(_ range: Range<Int>) -> Matrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= columns)
    return Matrix(rows, range.count) { result in
      values.withUnsafeBufferPointer { values in
        for row in 0..<rows where !range.isEmpty {
          (result.baseAddress! + row * range.count)
            .update(from: values.baseAddress! + row * columns + range.lowerBound, count: range.count)
        }
      }
    }
  }

  /// Puts the rows of `other` below.
  package mutating func append(_ other: Matrix) {
    precondition(columns == other.columns)
    self = Matrix(rows + other.rows, columns, values + other.values)
  }

  /// Puts the rows of `other` in the place of the named ones.
  package mutating func set(rows indices: [Int], to other: Matrix) {
    precondition(indices.count == other.rows && columns == other.columns)
    for (place, row) in indices.enumerated() {
      values.replaceSubrange(row * columns..<(row + 1) * columns, with: other.row(place))
    }
  }

  package func transposed() -> Matrix {
    var result = Matrix(columns, rows)
    for row in 0..<rows {
      for column in 0..<columns { result.values[column * rows + row] = values[row * columns + column] }
    }
    return result
  }

  /// Matrices of equal height side by side.
  package static func beside(_ parts: [Matrix]) -> Matrix {
    let rows = parts.first?.rows ?? 0
    var result: [Double] = []
    result.reserveCapacity(parts.reduce(0) { $0 + $1.values.count })
    for row in 0..<rows { for part in parts { result.append(contentsOf: part.row(row)) } }
    return Matrix(rows, parts.reduce(0) { $0 + $1.columns }, result)
  }

  /// [entries of one column, columns]; all are as long.
  package static func beside(columns: [[Double]]) -> Matrix {
    let rows = columns.first?.count ?? 0
    precondition(columns.allSatisfy { $0.count == rows })
    var result = Matrix(rows, columns.count)
    for (column, values) in columns.enumerated() {
      for (row, value) in values.enumerated() { result[row, column] = value }
    }
    return result
  }

  /// A row an entry of `kinds`, with a one in its column: [entries, greatest + 1].
  package static func indicators(_ kinds: [Int]) -> Matrix {
    var result = Matrix(kinds.count, (kinds.max() ?? -1) + 1)
    for (row, kind) in kinds.enumerated() { result[row, kind] = 1 }
    return result
  }

  package func columnMeans() -> [Double] {
    var sums = columnSums()
    for column in sums.indices { sums[column] /= Double(max(rows, 1)) }
    return sums
  }

  package func columnSums() -> [Double] {
    var sums = [Double](repeating: 0, count: columns)
    sums.withUnsafeMutableBufferPointer { sums in
      values.withUnsafeBufferPointer { values in
        for row in 0..<rows {
          let base = row * columns
          for column in 0..<columns { sums[column] += values[base + column] }
        }
      }
    }
    return sums
  }

  /// Sums of squares of each column.
  package func columnSquares() -> [Double] { columnProducts(self) }

  /// The products of the columns of both, each with its own.
  package func columnProducts(_ other: Matrix) -> [Double] {
    precondition(rows == other.rows && columns == other.columns)
    var sums = [Double](repeating: 0, count: columns)
    sums.withUnsafeMutableBufferPointer { sums in
      values.withUnsafeBufferPointer { left in
        other.values.withUnsafeBufferPointer { right in
          for row in 0..<rows {
            let base = row * columns
            for column in 0..<columns { sums[column] += left[base + column] * right[base + column] }
          }
        }
      }
    }
    return sums
  }

  /// The products of the rows of both, each with its own.
  package func rowProducts(_ other: Matrix) -> [Double] {
    precondition(rows == other.rows && columns == other.columns)
    return values.withUnsafeBufferPointer { left in
      other.values.withUnsafeBufferPointer { right in
        (0..<rows).map { row in
          guard columns > 0 else { return 0 }
          return cblas_ddot(
            blasint(columns), left.baseAddress! + row * columns, 1, right.baseAddress! + row * columns, 1)
        }
      }
    }
  }

  /// Sums of squares by column of each of `copies` matrices that stand side by side, less `other`: [copies, other.columns].
  package func squaredDistances(copies: Int, from other: Matrix) -> Matrix {
    precondition(rows == other.rows && columns == copies * other.columns)
    var result = Matrix(copies, other.columns)
    result.values.withUnsafeMutableBufferPointer { result in
      values.withUnsafeBufferPointer { values in
        other.values.withUnsafeBufferPointer { others in
          for row in 0..<rows {
            for copy in 0..<copies {
              for column in 0..<other.columns {
                let place = copy * other.columns + column
                let difference = values[row * columns + place] - others[row * other.columns + column]
                result[place] += difference * difference
              }
            }
          }
        }
      }
    }
    return result
  }

  /// Takes `shift` from every row.
  package mutating func subtractFromRows(_ shift: [Double]) {
    precondition(shift.count == columns)
    values.withUnsafeMutableBufferPointer { values in
      for row in 0..<rows {
        let base = row * columns
        for column in 0..<columns { values[base + column] -= shift[column] }
      }
    }
  }

  /// Multiplies every row by `scale`, element by element.
  package mutating func scaleRows(by scale: [Double]) {
    precondition(scale.count == columns)
    values.withUnsafeMutableBufferPointer { values in
      for row in 0..<rows {
        let base = row * columns
        for column in 0..<columns { values[base + column] *= scale[column] }
      }
    }
  }

  /// Every row times `scale`, element by element.
  package func scaled(by scale: [Double]) -> Matrix {
    var result = self
    result.scaleRows(by: scale)
    return result
  }

  /// `self * other`, either one transposed on request (dgemm).
  package func times(_ other: Matrix, transposingSelf: Bool = false, transposingOther: Bool = false) -> Matrix
  {
    let m = transposingSelf ? columns : rows
    let k = transposingSelf ? rows : columns
    let n = transposingOther ? other.rows : other.columns
    precondition(k == (transposingOther ? other.columns : other.rows), "inner extents differ")
    guard m > 0, n > 0, k > 0 else { return Matrix(m, n) }
    return Matrix(m, n) { c in
      values.withUnsafeBufferPointer { a in
        other.values.withUnsafeBufferPointer { b in
          cblas_dgemm(
            CblasRowMajor, transposingSelf ? CblasTrans : CblasNoTrans,
            transposingOther ? CblasTrans : CblasNoTrans,
            blasint(m), blasint(n), blasint(k), 1, a.baseAddress, blasint(columns), b.baseAddress,
            blasint(other.columns), 0, c.baseAddress, blasint(n))
        }
      }
    }
  }

  /// `self' * self` (dsyrk), or `self * self'`; both triangles filled.
  package func gram(ofRows: Bool = false) -> Matrix {
    let n = ofRows ? rows : columns
    var result = Matrix(n, n)
    guard rows > 0, columns > 0 else { return result }
    result.values.withUnsafeMutableBufferPointer { c in
      values.withUnsafeBufferPointer { a in
        cblas_dsyrk(
          CblasRowMajor, CblasUpper, ofRows ? CblasNoTrans : CblasTrans, blasint(n),
          blasint(ofRows ? columns : rows), 1, a.baseAddress, blasint(columns), 0, c.baseAddress, blasint(n))
      }
      for row in 1..<max(n, 1) { for column in 0..<row { c[row * n + column] = c[column * n + row] } }
    }
    return result
  }

  package static func += (left: inout Matrix, right: Matrix) { left.add(right, times: 1) }
  package static func -= (left: inout Matrix, right: Matrix) { left.add(right, times: -1) }

  package mutating func add(_ other: Matrix, times factor: Double) {
    precondition(rows == other.rows && columns == other.columns)
    values.withUnsafeMutableBufferPointer { left in
      other.values.withUnsafeBufferPointer { right in
        cblas_daxpy(blasint(left.count), factor, right.baseAddress, 1, left.baseAddress, 1)
      }
    }
  }

  /// `self += factor * x y'`.
  package mutating func addOuter(_ x: [Double], _ y: [Double], times factor: Double) {
    precondition(x.count == rows && y.count == columns)
    guard !values.isEmpty else { return }
    values.withUnsafeMutableBufferPointer { a in
      cblas_dger(
        CblasRowMajor, blasint(rows), blasint(columns), factor, x, 1, y, 1, a.baseAddress, blasint(columns))
    }
  }

  package var trace: Double { (0..<min(rows, columns)).reduce(0) { $0 + self[$1, $1] } }

  package mutating func scale(by factor: Double) {
    values.withUnsafeMutableBufferPointer { cblas_dscal(blasint($0.count), factor, $0.baseAddress, 1) }
  }

  /// The columns `training` of a symmetric kernel between all frames, centred about them: [frames, training]; in two passes
  /// what `columns` and `centreKernel` do in five.
  package func centredColumns(_ training: [Int]) -> Matrix {
    precondition(rows == columns && training.allSatisfy { (0..<columns).contains($0) })
    // Frames of an episode stand together: what is copied is long.
    var runs: [Range<Int>] = []
    for frame in training {
      if runs.last?.upperBound == frame {
        runs[runs.count - 1] = runs[runs.count - 1].lowerBound..<frame + 1
      } else {
        runs.append(frame..<frame + 1)
      }
    }
    let n = Double(max(training.count, 1))
    return Matrix(rows, training.count) { result in
      values.withUnsafeBufferPointer { values in
        // Of rows, which are the columns too.
        var means = [Double](repeating: 0, count: rows)
        means.withUnsafeMutableBufferPointer { means in
          for frame in training {
            let base = frame * columns
            for row in 0..<rows { means[row] += values[base + row] }
          }
          for row in 0..<rows { means[row] /= n }
          let grand = training.reduce(0) { $0 + means[$1] } / n
          var place = 0
          for row in 0..<rows {
            let (base, shift) = (row * columns, grand - means[row])
            for run in runs {
              for column in run {
                result[place] = values[base + column] - means[column] + shift
                place += 1
              }
            }
          }
        }
      }
    }
  }

  /// Centres a symmetric kernel's block [frames, training] in feature space about the mean of the frames `training`, whose
  /// columns it has.
  package mutating func centreKernel(about training: [Int]) {
    precondition(columns == training.count)
    let n = Double(max(training.count, 1))
    let means = times(Matrix(columns, 1, [Double](repeating: 1 / n, count: columns))).values
    let grand = training.reduce(0) { $0 + means[$1] } / n
    subtractFromRows(training.map { means[$0] })
    values.withUnsafeMutableBufferPointer { values in
      for row in 0..<rows {
        let shift = grand - means[row]
        for column in 0..<columns { values[row * columns + column] += shift }
      }
    }
  }
}
