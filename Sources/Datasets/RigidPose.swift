/// Where something is and how it is turned.
package struct RigidPose: Sendable, Equatable {
  /// Metres.
  package let position: [Double]
  /// Its axes x, y and z, one after another: the columns of its matrix.
  package let rotation: [Double]

  package static let identity = RigidPose(position: [0, 0, 0], rotation: [1, 0, 0, 0, 1, 0, 0, 0, 1])

  package init(position: [Double], rotation: [Double]) {
    precondition(position.count == 3 && rotation.count == 9)
    self.position = position
    self.rotation = rotation
  }

  /// The pose of what has the pose `inner` in the axes of this one.
  func then(_ inner: RigidPose) -> RigidPose {
    func turned(_ v: ArraySlice<Double>) -> [Double] {
      (0..<3).map { row in (0..<3).reduce(0) { $0 + rotation[3 * $1 + row] * v[v.startIndex + $1] } }
    }
    return RigidPose(
      position: zip(position, turned(inner.position[...])).map { $0 + $1 },
      rotation: (0..<3).flatMap { turned(inner.rotation[3 * $0..<3 * $0 + 3]) })
  }

  /// A point of the world in these axes.
  func local(_ point: [Double]) -> (x: Double, y: Double, z: Double) {
    func along(_ axis: Int) -> Double {
      (0..<3).reduce(0) { $0 + rotation[3 * axis + $1] * (point[$1] - position[$1]) }
    }
    return (along(0), along(1), along(2))
  }
}
