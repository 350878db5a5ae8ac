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
}
