/// The area between the lower and upper bounds of a series, in unbroken runs of stages.
package struct Band: Sendable {
  /// Closed outlines, each a list of corners.
  package let outlines: [[(x: Double, y: Double)]]

  /// Points without finite bounds, and steps over a stage that has no point, interrupt the band.
  package init(_ points: [Series.Point], x: (Int) -> Double, y: Scale) {
    outlines = Band.runs(points.filter { $0.lower.isFinite && $0.upper.isFinite }).compactMap { run in
      guard run.count > 1 else { return nil }
      let top = run.map { (x: x($0.stage), y: y.clamped($0.upper)) }
      let bottom = run.reversed().map { (x: x($0.stage), y: y.clamped($0.lower)) }
      return top + bottom
    }
  }

  /// `points` cut wherever a stage is missing between two neighbours.
  package static func runs(_ points: [Series.Point]) -> [[Series.Point]] {
    points.reduce(into: [[Series.Point]]()) { runs, point in
      if let last = runs.last?.last, last.stage + 1 == point.stage {
        runs[runs.count - 1].append(point)
      } else {
        runs.append([point])
      }
    }
  }
}
