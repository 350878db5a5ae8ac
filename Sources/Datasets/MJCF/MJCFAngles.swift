internal import Files
internal import Foundation
internal import Tensors

/// How a MuJoCo model in XML spells poses (MuJoCo documentation, "Modeling", "Frame orientations").
struct MJCFAngles {
  /// Spellings that come before `quat` where both are there, one of them from a class.
  static let spellings = ["axisangle", "xyaxes", "zaxis", "euler"]

  private let inDegrees: Bool
  /// Axes of the three `euler` angles: small letters turn with the body, capitals stay.
  private let sequence: String

  /// From all `compiler` elements, of which the last one decides.
  init(_ root: XMLTree) {
    func last(_ key: String) -> String? {
      root.children(named: "compiler").last { $0.attributes[key] != nil }?.attributes[key]
    }
    inDegrees = last("angle") != "radian"
    sequence = last("eulerseq") ?? "xyz"
  }

  /// - Throws: `datasets.camera.unknown` for what are no such numbers.
  func pose(_ attributes: [String: String]) throws(VLMError) -> RigidPose {
    RigidPose(
      position: try Self.numbers(attributes, "pos", count: 3) ?? [0, 0, 0], rotation: try rotation(attributes)
    )
  }

  private func rotation(_ attributes: [String: String]) throws(VLMError) -> [Double] {
    func vector(_ numbers: ArraySlice<Double>, _ key: String) throws(VLMError) -> [Double] {
      let length = numbers.reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard length > 1e-10, length.isFinite else { throw MJCFCameras.failure("\(key) has no direction") }
      return numbers.map { $0 / length }
    }
    func turn(_ axis: [Double], _ angle: Double) -> [Double] {
      let radians = inDegrees ? angle * .pi / 180 : angle
      return Rotation.matrix(Rotation.sixNumbers(axisAngle: axis.map { $0 * radians }))
    }
    if let found = try Self.numbers(attributes, "axisangle", count: 4) {
      return turn(try vector(found[..<3], "axisangle"), found[3])
    }
    if let found = try Self.numbers(attributes, "xyaxes", count: 6) {
      return Rotation.matrix(try vector(found[..<3], "xyaxes") + vector(found[3...], "xyaxes"))
    }
    if let found = try Self.numbers(attributes, "zaxis", count: 3) {
      // The least turn that brings z there.
      let z = try vector(found[...], "zaxis")
      let across = (z[0] * z[0] + z[1] * z[1]).squareRoot()
      let axis = across < 1e-10 ? [1, 0, 0] : [-z[1] / across, z[0] / across, 0]
      return Rotation.matrix(Rotation.sixNumbers(axisAngle: axis.map { $0 * atan2(across, z[2]) }))
    }
    if let found = try Self.numbers(attributes, "euler", count: 3) {
      return try euler(found, turn)
    }
    if let found = try Self.numbers(attributes, "quat", count: 4) {
      let quaternion = try vector(found[...], "quat")
      return Rotation.matrix(Rotation.sixNumbers(quaternion: quaternion[1...] + [quaternion[0]]))
    }
    return RigidPose.identity.rotation
  }

  private func euler(
    _ numbers: [Double], _ turn: ([Double], Double) -> [Double]
  ) throws(VLMError) -> [Double] {
    guard sequence.count == 3, sequence.allSatisfy({ "xyzXYZ".contains($0) }) else {
      throw MJCFCameras.failure("eulerseq is \(sequence), which are not three axes")
    }
    var whole = RigidPose.identity
    for (axis, angle) in zip(sequence, numbers) {
      let unit = ["x", "y", "z"].map { $0 == axis.lowercased() ? 1.0 : 0 }
      let one = RigidPose(position: [0, 0, 0], rotation: turn(unit, angle))
      whole = axis.isLowercase ? whole.then(one) : one.then(whole)
    }
    return whole.rotation
  }

  /// So many finite numbers of an attribute; `nil` where it is not there.
  static func numbers(
    _ attributes: [String: String], _ key: String, count: Int
  ) throws(VLMError) -> [Double]? {
    guard let text = attributes[key] else { return nil }
    let numbers = text.split(whereSeparator: \.isWhitespace).map { Double($0) ?? .nan }
    guard numbers.count == count, numbers.allSatisfy(\.isFinite) else {
      throw MJCFCameras.failure("\(key) is \"\(text)\", not \(count == 1 ? "a number" : "\(count) numbers")")
    }
    return numbers
  }
}
