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
    let (a, b) = (axes(left), axes(right))
    // The trace of A'B is 1 + 2 cos(angle).
    let trace = dot(a.x, b.x) + dot(a.y, b.y) + dot(a.z, b.z)
    return acos(min(max((trace - 1) / 2, -1), 1))
  }

  /// All nine numbers, column by column. Without a direction, that of an axis.
  static func matrix(_ six: [Double]) -> [Double] {
    let axes = axes(six)
    return [axes.x, axes.y, axes.z].flatMap { [$0.x, $0.y, $0.z] }
  }

  /// The columns of the same.
  private static func axes<C: Collection>(
    _ six: C
  ) -> (x: SIMD3<Double>, y: SIMD3<Double>, z: SIMD3<Double>) where C.Element == Double {
    var numbers = six.makeIterator()
    func next() -> SIMD3<Double> {
      let (x, y, z) = (numbers.next()!, numbers.next()!, numbers.next()!)
      return SIMD3(x, y, z)
    }
    func unit(_ v: SIMD3<Double>, else axis: SIMD3<Double>) -> SIMD3<Double> {
      let length = dot(v, v).squareRoot()
      return length > 1e-12 ? v / length : axis
    }
    let x = unit(next(), else: SIMD3(1, 0, 0))
    let second = next()
    let across = second - dot(x, second) * x
    let y = unit(across, else: unit(SIMD3(-x.y, x.x, 0), else: SIMD3(0, 1, 0)))
    let z = SIMD3(x.y * y.z - x.z * y.y, x.z * y.x - x.x * y.z, x.x * y.y - x.y * y.x)
    return (x, y, z)
  }

  private static func dot(_ v: SIMD3<Double>, _ w: SIMD3<Double>) -> Double {
    v.x * w.x + v.y * w.y + v.z * w.z
  }
}
