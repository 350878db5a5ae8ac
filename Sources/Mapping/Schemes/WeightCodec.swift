package import Tensors

/// Rows of a linear weight that are to be quantized, each with its own scales.
package struct WeightRows: Sendable {
  /// Inputs of the layer, which is the row length.
  package let columns: Int
  /// `F32`, `BF16` or `F16`.
  package let dtype: DType
  package let granularity: Granularity
  /// `F32`, `BF16` or `F16`: what scales will be stored as.
  package let scaleDType: DType

  /// Traps on dtypes other than the three, and on a granularity that does not divide `columns`.
  package init(columns: Int, dtype: DType, granularity: Granularity = .channel, scaleDType: DType = .f32) {
    precondition(
      Kernels.quantizes(dtype) && Kernels.quantizes(scaleDType), "int8 of \(dtype) with scales in \(scaleDType)")
    precondition(granularity.divides(columns: columns), "\(granularity) does not divide \(columns)")
    self.columns = columns
    self.dtype = dtype
    self.granularity = granularity
    self.scaleDType = scaleDType
  }

  package var scalesPerRow: Int { granularity.scalesPerRow(columns: columns) }
  package var rowByteCount: Int { columns * dtype.bits / 8 }
  /// How the codes lie beside their scales.
  package var stored: ScaledCodes { ScaledCodes(columns: columns, granularity: granularity) }
}

/// The arithmetic of a scheme for rows of one kind: float weights to codes and scales, and how near these are.
///
/// Codes depend on their own row only, so rows can be made in any order and on any thread. The way back is `ScaledCodes`,
/// the same for every scheme.
package protocol WeightCodec: Sendable {
  var rows: WeightRows { get }
  /// Of a code, which takes a byte while it is made.
  var bits: Int { get }

  /// Quantizes `count` rows; the same codes and scales whatever the instruction set of `kernels`.
  ///
  /// - `source`: `[count, columns]` of `rows.dtype`; `codes`: `[count, columns]`; `scales`: `[count, scalesPerRow]`, the f32
  ///   values of the scales as stored; `losses`: `[count]`, what rounding cost each row.
  /// - Returns: the first row that holds a NaN or an infinity, or whose scale cannot be stored; `nil` when all are made.
  func quantize(
    _ count: Int, source: UnsafeRawPointer, codes: UnsafeMutablePointer<Int8>,
    scales: UnsafeMutablePointer<Float>, losses: UnsafeMutablePointer<LossSums>?, by kernels: Kernels
  ) -> Int?

  /// The most by which a weight may differ from code · scale, when the largest of those that share its scale is `peak`.
  func errorBound(peak: Float) -> Float
}

extension WeightCodec {
  package var bits: Int { 8 }

  /// Quantizes `count` rows and adds up their losses.
  package func quantize(
    rows count: Int, source: UnsafeRawPointer, codes: UnsafeMutablePointer<Int8>,
    scales: UnsafeMutablePointer<Float>
  ) -> RowsOutcome {
    withUnsafeTemporaryAllocation(of: LossSums.self, capacity: max(count, 1)) { losses in
      if let row = quantize(
        count, source: source, codes: codes, scales: scales, losses: losses.baseAddress, by: .active)
      {
        return .notFinite(row: row)
      }
      return .done(losses[..<count].reduce(LossSums(), +))
    }
  }

  /// The weights that codes and scales of `count` rows stand for, `[count, columns]`.
  package func dequantize(
    _ count: Int, codes: UnsafePointer<Int8>, scales: UnsafePointer<Float>,
    into values: UnsafeMutablePointer<Float>
  ) {
    rows.stored.dequantize(codes, 0..<count * rows.columns, scales: scales, into: values)
  }

  /// Writes `count` scales, which `rows.scaleDType` holds exactly, in that dtype.
  package func store(scales: UnsafePointer<Float>, count: Int, into destination: UnsafeMutableRawPointer) {
    Kernels.active.convert(
      UnsafeBufferPointer(start: scales, count: count), to: rows.scaleDType,
      in: UnsafeMutableRawBufferPointer(start: destination, count: count * rows.scaleDType.bits / 8))
  }
}

/// What quantizing a run of rows came to.
package enum RowsOutcome: Equatable {
  case done(LossSums)
  /// The first row that holds a NaN or an infinity.
  case notFinite(row: Int)
}
