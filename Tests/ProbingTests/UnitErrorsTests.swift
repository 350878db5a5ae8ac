import Datasets
import Foundation
import Probing
import Statistics
import Testing

@Suite struct UnitErrorsTests {
  private static func resolved(_ quantities: [Quantity], _ rows: [[Double]]) throws -> ResolvedTarget {
    let values = FrameValues(
      columns: quantities.indices.map { "c\($0)" }, values: rows.flatMap { $0 }, source: "s",
      quantities: quantities)
    return try ResolvedTarget(.observation("s"), values)
  }

  private static func figure(_ errors: UnitErrors, _ predictions: [[Double]]) -> Double {
    let matrix = Matrix(predictions.count, predictions[0].count, predictions.flatMap { $0 })
    return errors.unit.figure(
      errors.sum(matrix, frames: Array(predictions.indices)) / Double(predictions.count))
  }

  private static func turn(_ angle: Double) -> [Double] { Rotation.sixNumbers(axisAngle: [0, 0, angle]) }

  /// A distance of 5 mm and none: the root of their mean square. What never moves has no prediction.
  @Test func positionsAreMillimetresApart() throws {
    let target = try Self.resolved([.position, .position, .position], [[0, 1, 0], [0.1, 1, 0.2]])
    #expect(target.columns == ["c0", "c2"] && target.errors.map(\.unit) == [.millimetres])
    let error = Self.figure(target.errors[0], [[0.003, 0.004], [0.1, 0.2]])
    #expect(abs(error - 12.5.squareRoot()) < 1e-9)
  }

  @Test func rotationsAreDegreesApart() throws {
    let target = try Self.resolved(
      [Quantity](repeating: .rotation, count: 6), [Self.turn(0), Self.turn(1), Self.turn(-0.5)])
    #expect(target.columns.count == 4 && target.errors.map(\.unit) == [.degrees])
    let told = [Self.turn(0.1), Self.turn(0.9), Self.turn(-0.4)].map { [$0[0], $0[1], $0[3], $0[4]] }
    #expect(abs(Self.figure(target.errors[0], told) - 18 / Double.pi) < 1e-6)
  }

  /// Two things with a position and a rotation each have both units, each its own mean.
  @Test func posesHaveBothUnits() throws {
    let pose = [Quantity](repeating: .position, count: 3) + [Quantity](repeating: .rotation, count: 6)
    let first = [0.0, 0, 0] + Self.turn(0) + [1, 2, 3] + Self.turn(0.2)
    let second =
      [0.1, 0.2, 0.3] + Rotation.sixNumbers(axisAngle: [0.3, 0.2, 0.1]) + [2, 1, 4] + Self.turn(0.7)
    let target = try Self.resolved(pose + pose, [first, second])
    #expect(target.errors.map(\.unit) == [.millimetres, .degrees])
    var told = [first, second].map { row in target.columns.map { row[Int($0.dropFirst())!] } }
    told[0][0] += 0.02
    #expect(abs(Self.figure(target.errors[0], told) - 1000 * (0.02 * 0.02 / 4).squareRoot()) < 1e-9)
    #expect(Self.figure(target.errors[1], told) < 1e-5)
  }

  @Test func openingsAreSharesOfTheirRange() throws {
    let target = try Self.resolved([.extent], [[0.02], [0.06]])
    #expect(target.errors.map(\.unit) == [.shareOfRange])
    #expect(abs(Self.figure(target.errors[0], [[0.03], [0.05]]) - 25) < 1e-9)
  }

  @Test func classesAreToldWrong() throws {
    let target = try Self.resolved(
      [.classes, .classes, .classes], [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]])
    #expect(target.errors.map(\.unit) == [.shareWrong])
    let told = [[0.4, 0.3, 0.3], [0.5, 0.4, 0], [0, 0, 0.1], [0, -1, 0.1]]
    #expect(Self.figure(target.errors[0], told) == 25)
  }

  @Test func otherNumbersKeepTheirUnit() throws {
    let target = try Self.resolved([.recorded, .recorded], [[0, 0], [2, 1]])
    #expect(target.errors.map(\.unit) == [.recorded])
    #expect(abs(Self.figure(target.errors[0], [[1, 1], [2, 1]]) - 0.5.squareRoot()) < 1e-12)
  }
}
