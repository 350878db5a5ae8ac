package import Datasets
internal import Foundation
package import Statistics

/// What an error of predictions is told in.
public enum ErrorUnit: String, Codable, Sendable, CaseIterable {
  /// Root of the mean squared distance, in millimetres.
  case millimetres = "mm"
  /// Root of the mean squared angle of the turn from prediction to truth, in degrees.
  case degrees = "deg"
  /// Root of the mean squared error, in per cent of the recorded range.
  case shareOfRange = "% of range"
  /// Frames whose class is told wrong, in per cent.
  case shareWrong = "% wrong"
  /// Root of the mean squared error of a number, as it was recorded.
  case recorded
}

extension ErrorUnit {
  package init(_ quantity: Quantity) {
    self =
      switch quantity {
      case .position, .displacement, .length: .millimetres
      case .rotation, .angle: .degrees
      case .extent: .shareOfRange
      case .classes: .shareWrong
      case .recorded: .recorded
      }
  }

  /// From the mean over frames of what `UnitErrors.sum` adds up.
  package func figure(_ mean: Double) -> Double {
    switch self {
    case .millimetres: 1000 * mean.squareRoot()
    case .degrees: 180 / .pi * mean.squareRoot()
    case .shareOfRange: 100 * mean.squareRoot()
    case .shareWrong: 100 * mean
    case .recorded: mean.squareRoot()
    }
  }
}

/// How far predictions of a target are off in one of its units, the mean over all that it tells in that unit: distances in metres,
/// angles in radians and shares squared, and 1 for a wrong class.
package struct UnitErrors: Sendable {
  /// Columns that are one point, one rotation, one choice among classes, or one number.
  struct Part: Sendable {
    let quantity: Quantity
    let columns: Range<Int>
    /// Of a number, the reciprocal of its range where that is what it is told in; else 1.
    let scale: Double
  }

  package let unit: ErrorUnit
  private let parts: [Part]
  /// [frames, columns], those among them that predictions do not have because they never change.
  private let truth: Matrix
  /// Columns of the truth that predictions have, in their order.
  private let predicted: [Int]

  /// One for each unit, in the order of the columns.
  static func of(_ quantities: [Quantity], truth: Matrix, predicted: [Int]) -> [UnitErrors] {
    let parts = parts(quantities, truth)
    var units: [ErrorUnit] = []
    for unit in parts.map({ ErrorUnit($0.quantity) }) where !units.contains(unit) { units.append(unit) }
    return units.map { unit in
      UnitErrors(
        unit: unit, parts: parts.filter { ErrorUnit($0.quantity) == unit }, truth: truth, predicted: predicted
      )
    }
  }

  private static func parts(_ quantities: [Quantity], _ truth: Matrix) -> [Part] {
    Quantity.parts(of: quantities).map { quantity, columns in
      var scale = 1.0
      if quantity == .extent {
        let column = truth.column(columns.lowerBound)
        let range = (column.max() ?? 0) - (column.min() ?? 0)
        scale = range > 0 ? 1 / range : 0
      }
      return Part(quantity: quantity, columns: columns, scale: scale)
    }
  }

  /// The sum over `frames`. `predictions`: [frames, columns that are predicted].
  package func sum(_ predictions: Matrix, frames: [Int]) -> Double {
    var sum = 0.0
    var actual = [Double](repeating: 0, count: truth.columns)
    var told = actual
    for (row, frame) in frames.enumerated() {
      for column in actual.indices { actual[column] = truth[frame, column] }
      for column in told.indices { told[column] = actual[column] }
      for (place, column) in predicted.enumerated() { told[column] = predictions[row, place] }
      for part in parts { sum += error(part, told[part.columns], actual[part.columns]) }
    }
    return sum / Double(parts.count)
  }

  private func error(_ part: Part, _ told: ArraySlice<Double>, _ actual: ArraySlice<Double>) -> Double {
    switch part.quantity {
    case .rotation:
      let angle = Rotation.angle(from: told, to: actual)
      return angle * angle
    case .classes:
      func greatest(_ values: ArraySlice<Double>) -> Int? { values.indices.max { values[$0] < values[$1] } }
      return greatest(told) == greatest(actual) ? 0 : 1
    case .position, .displacement, .length, .angle, .extent, .recorded:
      return zip(told, actual).reduce(0) { sum, pair in
        let difference = part.scale * (pair.0 - pair.1)
        return sum + difference * difference
      }
    }
  }
}
