internal import Foundation

/// Rotations as the first two columns of their matrix: six numbers without jumps (Zhou et al. 2019).
package enum Rotation {
  /// `axis`: axis times angle, in radians.
  package static func sixNumbers(axisAngle axis: [Double]) -> [Double] {
    let angle = (axis[0] * axis[0] + axis[1] * axis[1] + axis[2] * axis[2]).squareRoot()
    guard angle > 1e-12 else { return [1, 0, 0, 0, 1, 0] }
    let factor = sin(angle / 2) / angle
    return sixNumbers(quaternion: [axis[0] * factor, axis[1] * factor, axis[2] * factor, cos(angle / 2)])
  }

  /// `quaternion`: x, y, z, w, as robosuite has it; of any length but zero.
  package static func sixNumbers(quaternion: [Double]) -> [Double] {
    let length = quaternion.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard length > 1e-12 else { return [1, 0, 0, 0, 1, 0] }
    let (x, y, z, w) = (
      quaternion[0] / length, quaternion[1] / length, quaternion[2] / length, quaternion[3] / length
    )
    return [
      1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w),
      2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w),
    ]
  }

  /// The angle in radians, 0 to pi, of the turn from one rotation to the other. Six numbers that are no rotation, such as
  /// predictions, are made one first: the first three to unit length, the others at a right angle to them (Gram-Schmidt).
  package static func angle<C: Collection>(from left: C, to right: C) -> Double
  where C.Element == Double {
    let (a, b) = (matrix(Array(left)), matrix(Array(right)))
    // The trace of A'B is 1 + 2 cos(angle).
    let trace = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    return acos(min(max((trace - 1) / 2, -1), 1))
  }

  /// All nine numbers, column by column. Without a direction, that of an axis.
  static func matrix(_ six: [Double]) -> [Double] {
    func unit(_ v: [Double], else axis: [Double]) -> [Double] {
      let length = dot(v, v).squareRoot()
      return length > 1e-12 ? v.map { $0 / length } : axis
    }
    func dot(_ v: [Double], _ w: [Double]) -> Double { v[0] * w[0] + v[1] * w[1] + v[2] * w[2] }
    let x = unit(Array(six[..<3]), else: [1, 0, 0])
    let along = dot(x, Array(six[3...]))
    let across = zip(six[3...], x).map { $0 - along * $1 }
    let y = unit(across, else: unit([-x[1], x[0], 0], else: [0, 1, 0]))
    return x + y + [x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]]
  }
}
