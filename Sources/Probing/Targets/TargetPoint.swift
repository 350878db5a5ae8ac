internal import Datasets
internal import Statistics

/// Three columns of a target that are x, y and z of one thing in metres; not all of them need to change.
package struct TargetPoint: Sendable, Equatable {
  package enum Coordinate: Sendable, Equatable {
    /// One of the target's columns.
    case column(Int)
    /// What never changes, and so is none of them.
    case constant(Double)
  }

  /// `x` or `puck.x` and so on.
  package let names: [String]
  package let coordinates: [Coordinate]
  /// Whether it is a place in the world, not a way from one thing to another.
  package let isInWorld: Bool

  package init(names: [String], coordinates: [Coordinate], isInWorld: Bool = true) {
    precondition(names.count == 3 && coordinates.count == 3)
    self.names = names
    self.coordinates = coordinates
    self.isInWorld = isInWorld
  }

  /// Those of which a coordinate is among the columns `varying` of all.
  static func of(_ values: FrameValues, truth: Matrix, varying: [Int]) -> [TargetPoint] {
    Quantity.parts(of: values.quantities).compactMap { quantity, columns in
      guard [.position, .displacement].contains(quantity), columns.count == 3,
        columns.contains(where: varying.contains)
      else { return nil }
      return TargetPoint(
        names: Array(values.columns[columns]),
        coordinates: columns.map { column in
          varying.firstIndex(of: column).map { .column($0) } ?? .constant(truth[0, column])
        }, isInWorld: quantity == .position)
    }
  }

  /// Columns of the target that it has.
  package var columns: [Int] {
    coordinates.compactMap { if case .column(let column) = $0 { column } else { nil } }
  }

  /// x, y and z, where `value` gives a column of the target.
  package func place(_ value: (Int) -> Double) -> [Double] {
    coordinates.map { coordinate in
      switch coordinate {
      case .column(let column): value(column)
      case .constant(let constant): constant
      }
    }
  }
}
