internal import Tensors

/// How a linear weight `[out, in]` is stored in int8: codes under the weight's own name, scales beside them.
///
/// Whatever scheme made them, a weight is code · scale, where each scale is for a run of consecutive inputs of one output:
/// who reads a checkpoint need not know the scheme.
package struct ScaledCodes: Sendable, Equatable {
  /// Inputs of the layer.
  package let columns: Int
  package let scalesPerRow: Int

  /// - Parameter granularity: divides `columns`.
  package init(columns: Int, granularity: Granularity) {
    precondition(granularity.divides(columns: columns), "\(granularity) does not divide \(columns)")
    self.columns = columns
    scalesPerRow = granularity.scalesPerRow(columns: columns)
  }

  /// `nil` when scales of this shape are not those of such codes.
  init?(codes: Shape, scales: Shape) {
    guard codes.rank == 2, scales.rank == 2, scales[0] == codes[0], codes[1] > 0, scales[1] > 0,
      codes[1] % scales[1] == 0
    else { return nil }
    (columns, scalesPerRow) = (codes[1], scales[1])
  }

  // MARK: Names

  private static let scaleSuffix = "_scale"

  /// The tensor that holds the scales of a weight.
  package static func scaleName(of weight: String) -> String { weight + scaleSuffix }

  /// The weight whose scales a tensor holds; `nil` when it is none of scales.
  package static func weightName(ofScale name: String) -> String? {
    name.hasSuffix(".weight" + scaleSuffix) ? String(name.dropLast(scaleSuffix.count)) : nil
  }

  // MARK: Values

  /// Inputs that share a scale.
  package var columnsPerScale: Int { columns / scalesPerRow }

  /// Calls `body` with every run of `elements` that shares a scale, and with the position of that scale, counted from the
  /// first scale of the row that `elements` begin in.
  package func forEachRun(in elements: Range<Int>, _ body: (_ run: Range<Int>, _ scale: Int) -> Void) {
    let firstScale = elements.lowerBound / columns * scalesPerRow
    var start = elements.lowerBound
    while start < elements.upperBound {
      let scale = start / columnsPerScale
      let end = min((scale + 1) * columnsPerScale, elements.upperBound)
      body(start..<end, scale - firstScale)
      start = end
    }
  }

  /// Writes code · scale.
  ///
  /// - Parameters:
  ///   - codes: of `elements`, consecutive ones of the row-major weight.
  ///   - scales: from the first of the row that `elements` begin in.
  ///   - values: of `elements`.
  package func dequantize(
    _ codes: UnsafePointer<Int8>, _ elements: Range<Int>, scales: UnsafePointer<Float>,
    into values: UnsafeMutablePointer<Float>
  ) {
    forEachRun(in: elements) { run, scale in
      let factor = scales[scale]
      for place in run.lowerBound - elements.lowerBound..<run.upperBound - elements.lowerBound {
        values[place] = Float(codes[place]) * factor
      }
    }
  }
}
