internal import CKernels

/// Of every column of some rows of numbers: how far it reaches, and its power.
package struct ColumnStrengths: Sendable {
  /// Largest magnitudes.
  package private(set) var peaks: [Float]
  /// Sums of squares, in f64.
  package private(set) var squares: [Double]

  /// Of no rows.
  package init(width: Int) {
    peaks = Array(repeating: 0, count: width)
    squares = Array(repeating: 0, count: width)
  }

  /// - Parameter values: `[rows, width]`.
  package mutating func add(_ values: UnsafePointer<Float>, rows: Int) {
    vk_column_strengths(values, rows, peaks.count, &peaks, &squares)
  }

  package static func += (sum: inout ColumnStrengths, other: ColumnStrengths) {
    for column in sum.peaks.indices {
      sum.peaks[column] = max(sum.peaks[column], other.peaks[column])
      sum.squares[column] += other.squares[column]
    }
  }
}

/// What comes into a linear layer: of every input channel how far it reaches and its power, and some tokens whole.
package struct LayerInputs: Sendable {
  package let strengths: ColumnStrengths
  /// Tokens that `strengths` are of.
  package let count: Int
  /// Some of them, `[tokens, width]`, drawn evenly.
  package let tokens: FloatTensor

  package init(strengths: ColumnStrengths, count: Int, tokens: FloatTensor) {
    (self.strengths, self.count, self.tokens) = (strengths, count, tokens)
  }
}

extension Kernels {
  /// Multiplies every number by 2 to the power beside it, in place: exact, but for what leaves the dtype's range.
  ///
  /// - Parameters:
  ///   - values: of `dtype` (F32, BF16 or F16), aligned as its elements are.
  ///   - exponents: one a number, -126 to 127.
  package static func rescale(
    _ values: UnsafeMutableRawBufferPointer, of dtype: DType, by exponents: UnsafeBufferPointer<Int8>
  ) {
    precondition(quantizes(dtype) && values.count == exponents.count * dtype.bits / 8)
    guard let base = values.baseAddress, let powers = exponents.baseAddress else { return }
    vk_rescale(base, type(dtype), powers, exponents.count)
  }

  /// `sum over rows of (max_j |x_j factor_j|)^2`: the same to the bit on every machine.
  ///
  /// - Parameter values: `[rows, factors.count]`.
  package static func squaredRowPeaks(_ values: UnsafePointer<Float>, rows: Int, factors: [Float]) -> Double {
    vk_squared_row_peaks(values, rows, factors.count, factors)
  }
}
