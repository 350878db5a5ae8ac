package import Datasets
package import Statistics
package import Tensors

/// A target with its values for every frame.
package struct ResolvedTarget: Sendable {
  package let target: ProbeTarget
  package let columns: [String]
  package let constantColumns: [String]
  package let source: String
  /// What may stand beside it without giving it away.
  package let baseline: Baseline
  /// What the user should know of how its values were made.
  package let note: String?
  /// [frames, columns].
  package let values: Matrix
  /// What predictions are off by, in each of the units that the target is told in.
  package let errors: [UnitErrors]
  /// What of it are points that move.
  package let points: [TargetPoint]

  /// What a target of classes, or one that can be open or closed, is for every frame.
  package var classes: FrameClasses? {
    switch target.score {
    case .r2: nil
    case .openClosed: FrameClasses(opening: values)
    case .classes: FrameClasses(indicators: values)
    }
  }

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
    baseline = Baseline(without: values.givenAwayBy)
    note = values.note
    self.values = all.columns(varying)
    errors = UnitErrors.of(values.quantities, truth: all, predicted: varying)
      .filter { unit in varying.contains { ErrorUnit(values.quantities[$0]) == unit.unit } }
    points = TargetPoint.of(values, truth: all, varying: varying)
  }

  package init(_ target: ProbeTarget, columns: [String], values: Matrix, points: [TargetPoint] = []) {
    precondition(columns.count == values.columns)
    self.target = target
    self.columns = columns
    self.values = values
    constantColumns = []
    source = target.id
    baseline = .all
    note = nil
    self.points = points
    errors = UnitErrors.of(columns.map { _ in .recorded }, truth: values, predicted: Array(columns.indices))
  }

  /// Of the points that are meant the one that moves most.
  package func farthestMoving(where isMeant: (TargetPoint) -> Bool) -> TargetPoint? {
    func spread(_ point: TargetPoint) -> Double {
      var places = values.columns(point.columns)
      places.subtractFromRows(places.columnMeans())
      return places.columnSquares().reduce(0, +)
    }
    // Of equal ones the first.
    return points.filter(isMeant).reversed().max { spread($0) < spread($1) }
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

/// The class of every frame.
package struct FrameClasses: Sendable {
  package let count: Int
  /// Below `count`.
  package let ofFrame: [Int]

  /// From columns that are 1 for the frame's class and 0 for the others.
  init(indicators: Matrix) {
    count = indicators.columns
    ofFrame = (0..<indicators.rows).map { frame in
      let row = indicators.row(frame)
      return row.firstIndex { $0 > 0.5 }.map { $0 - row.startIndex } ?? 0
    }
  }

  /// Open (1) and closed (0): above or below the middle between the 5 % and 95 % quantiles of the opening.
  init(opening values: Matrix) {
    // Two fingers move against each other; each is turned to grow with the first.
    let first = values.column(0)
    let mean = first.reduce(0, +) / Double(first.count)
    let signs = (0..<values.columns).map { column in
      zip(first, values.column(column)).reduce(0) { $0 + ($1.0 - mean) * $1.1 } < 0 ? -1.0 : 1.0
    }
    let openings = (0..<values.rows).map { row in zip(values.row(row), signs).reduce(0) { $0 + $1.0 * $1.1 } }
    let sorted = openings.sorted()
    let middle = (sorted[sorted.count / 20] + sorted[sorted.count - 1 - sorted.count / 20]) / 2
    count = 2
    ofFrame = openings.map { $0 > middle ? 1 : 0 }
  }

  package init(count: Int, ofFrame: [Int]) {
    self.count = count
    self.ofFrame = ofFrame
  }
}
