internal import Foundation

/// A pinhole camera in the world: it looks along its -z, with x to the right and y up, as OpenGL's and MuJoCo's do.
package struct PinholeCamera: Sendable, Equatable {
  /// Of the camera in the world.
  package let pose: RigidPose
  /// From the lower to the upper edge of a frame, in degrees.
  package let fieldOfView: Double

  package init(pose: RigidPose, fieldOfView: Double) {
    self.pose = pose
    self.fieldOfView = fieldOfView
  }

  /// Where a point of the world (metres) is in an upright frame of square pixels; `nil` for one that is not before the camera.
  ///
  /// With X, Y, Z in the camera's axes and f = height / 2 / tan(fieldOfView / 2): x = width / 2 - f X / Z, y = height / 2 + f Y / Z.
  package func place(of point: [Double], width: Int, height: Int) -> FramePlace? {
    let (x, y, z) = pose.local(point)
    guard z < 0 else { return nil }
    let focal = Double(height) / 2 / tan(fieldOfView / 2 * .pi / 180)
    let place = FramePlace(
      x: Double(width) / 2 - focal * x / z, y: Double(height) / 2 + focal * y / z, depth: -z)
    // Beside the camera to within rounding.
    return place.x.isFinite && place.y.isFinite ? place : nil
  }
}
