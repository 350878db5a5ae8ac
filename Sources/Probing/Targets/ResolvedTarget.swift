package import Datasets
package import Statistics
package import Tensors

/// A target with its values for every frame.
package struct ResolvedTarget: Sendable {
  package let target: ProbeTarget
  package let columns: [String]
  package let constantColumns: [String]
  package let source: String
  /// Whether the robot's own state gives it away, so that proprioception may not stand in the baseline.
  package let isProprioceptive: Bool
  /// [frames, columns].
  package let values: Matrix

  /// Leaves out columns that never change, since no score can be given for them.
  ///
  /// - Throws: `probing.target.unusable` when none changes.
  package init(_ target: ProbeTarget, _ values: FrameValues) throws(VLMError) {
    let all = Matrix(values)
    let varying = Self.varyingColumns(all)
    guard !varying.isEmpty else {
      throw VLMError(
        .probeTargetUnusable, "\(target.id) never changes in this data", tensor: values.source,
        remedy: "name other targets with --target")
    }
    self.target = target
    columns = varying.map { values.columns[$0] }
    constantColumns = values.columns.indices.filter { !varying.contains($0) }.map { values.columns[$0] }
    source = values.source
    isProprioceptive = values.isProprioceptive
    self.values = all.columns(varying)
  }

  package init(_ target: ProbeTarget, columns: [String], values: Matrix) {
    precondition(columns.count == values.columns)
    self.target = target
    self.columns = columns
    self.values = values
    constantColumns = []
    source = target.id
    isProprioceptive = false
  }

  /// Columns whose spread is more than a millionth of the widest one's.
  package static func varyingColumns(_ values: Matrix) -> [Int] {
    var centred = values
    centred.subtractFromRows(values.columnMeans())
    let spreads = centred.columnSquares().map { $0.squareRoot() }
    let widest = spreads.max() ?? 0
    return spreads.indices.filter { spreads[$0] > 1e-6 * widest && spreads[$0] > 1e-12 }
  }
}
