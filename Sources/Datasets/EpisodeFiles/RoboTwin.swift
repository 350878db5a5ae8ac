internal import Foundation
internal import Tensors

/// Files of RoboTwin (`envs/utils/pkl2hdf5.py`).
///
///     /joint_action/vector (T, 14), or left_arm, left_gripper, right_arm, right_gripper
///     /endpose/left_endpose (T, 7) ...  /observation/CAM/rgb (T) JPEGs, cam2world_gl, intrinsic_cv
///     ../instructions/episodeN.json, in a folder, or TASK/data and TASK/instructions, or TASK/CONFIG/...
///
/// What it calls an action is the state of its row: an action is that of the next row, as RoboTwin's own policies take it, and the
/// last row has none.
extension EpisodeFileLayout {
  static let roboTwin = EpisodeFileLayout(
    vocabulary: DemonstrationVocabulary(
      frames: "frames, as JPEGs or pixels, in /observation/CAM/rgb",
      workspaceCameras: ["head_camera", "front_camera"],
      observations: [.joints: ["joint_action.joints"], .gripper: ["joint_action.gripper"]]),
    folder: "data", marks: ["joint_action", "observation"],
    contents: { file throws(VLMError) in
      let (places, names, rows) = try joints(file)
      let length = max(0, rows - 1)
      let all = try file.arrays(below: "/") ?? []
      var observations = EpisodeTable.states("joint_action", at: places, names: names, rows: length)
      var cameras: [RecordedCamera] = []
      for (name, facts) in all {
        let parts = name.split(separator: "/")
        if parts.count == 3, parts[0] == "observation", parts[2] == "rgb" {
          let camera = try StoredFrames.camera(
            String(parts[1]), at: "/" + name, facts, in: file,
            colours: .exchangedUnlessMarked(Array("XPL-RGB1".utf8)))
          if let camera { cameras.append(camera.counted(facts.rows - 1)) }
        } else if parts[0] == "endpose", facts.isVectors, facts.width > 0 {
          let key = parts.joined(separator: ".")
          let columns = poseColumns(String(parts.last!), facts.width)
          func table(_ name: String, _ role: ValueRole, _ places: [Int]? = nil) -> EpisodeTable {
            EpisodeTable(
              name, role, at: ["/" + parts.joined(separator: "/")], names: columns,
              rows: max(0, facts.rows - 1), columns: places)
          }
          observations.append(table(key, .proprioception))
          if facts.width == pose.count {
            observations.append(table("\(key).position", .armPosition, [0, 1, 2]))
          }
        }
      }
      return EpisodeContents(
        length: length,
        action: EpisodeTable("joint_action", .action, at: places, names: names, rows: length, firstRow: 1),
        observations: observations, cameras: cameras, arrays: all)
    },
    pinhole: pinhole,
    orientation: "RoboTwin's simulator renders the top row first",
    lag: "an action is the joints of the next row, as RoboTwin's own policies take it")

  /// Arrays that are the joints and grippers of both arms, their columns' names, their rows.
  private static func joints(
    _ file: any ArrayFile
  ) throws(VLMError) -> (places: [String], names: [String], rows: Int) {
    func facts(_ place: String) throws(VLMError) -> ArrayFacts? {
      guard let facts = try file.facts(of: place), facts.isVectors, facts.width > 0 else { return nil }
      return facts
    }
    var pieces: [(place: String, facts: ArrayFacts)] = []
    var names: [String] = []
    for part in ["left_arm", "left_gripper", "right_arm", "right_gripper"] {
      let place = "/joint_action/\(part)"
      guard let found = try facts(place) else { continue }
      pieces.append((place, found))
      names += found.width == 1 ? [part] : (0..<found.width).map { "\(part)[\($0)]" }
    }
    for place in ["/joint_action/vector", "/joint_action"] {
      guard let whole = try facts(place) else { continue }
      if names.count != whole.width { names = (0..<whole.width).map { "joint_action[\($0)]" } }
      return ([place], names, whole.rows)
    }
    guard let first = pieces.first else {
      throw VLMError(
        .datasetKeyMissing, "there is no vector, and no arm or gripper", file: file.path,
        tensor: "/joint_action", remedy: "it holds \(list(try file.members(of: "/joint_action") ?? []))")
    }
    if let other = pieces.first(where: { $0.facts.rows != first.facts.rows }) {
      throw VLMError(
        .datasetLength, "\(other.facts.rows) rows, but \(first.place) has \(first.facts.rows)",
        file: file.path, tensor: other.place)
    }
    return (pieces.map(\.place), names, first.facts.rows)
  }

  /// `cam2world_gl` (T, 4, 4) looks along its -z, `intrinsic_cv` (T, 3, 3) is in pixels.
  ///
  /// - Throws: `datasets.camera.unknown` for one that moves or whose axis does not go through the middle.
  private static func pinhole(
    _ file: any ArrayFile, _ camera: RecordedCamera?
  ) throws(VLMError) -> PinholeCamera {
    let place = camera.map { "/observation/\($0.name)" } ?? "/observation"
    func refusal(_ message: String) -> VLMError {
      VLMError(.datasetCamera, message, file: file.path, tensor: place)
    }
    let (poses, lenses) = ("\(place)/cam2world_gl", "\(place)/intrinsic_cv")
    guard let camera, let pose = try file.facts(of: poses), let lens = try file.facts(of: lenses),
      pose.extents.dropFirst() == [4, 4], lens.extents.dropFirst() == [3, 3], pose.rows == lens.rows,
      pose.rows > 0
    else { throw refusal("there are no cam2world_gl (T, 4, 4) and intrinsic_cv (T, 3, 3)") }
    let (worlds, pixels) = (
      try file.numbers(poses, rows: 0..<pose.rows), try file.numbers(lenses, rows: 0..<lens.rows)
    )
    for row in 1..<max(pose.rows, 1) {
      guard zip(worlds[..<16], worlds[(16 * row)...]).allSatisfy({ abs($0 - $1) < 1e-4 }) else {
        throw refusal("it moves: in row \(row) it stands elsewhere than in row 0")
      }
    }
    let (fx, fy, x, y) = (pixels[0], pixels[4], pixels[2], pixels[5])
    guard fy > 0, abs(fx - fy) < 1e-3 * fy, abs(x - Double(camera.width) / 2) < 1,
      abs(y - Double(camera.height) / 2) < 1
    else { throw refusal("its pixels are not square, or its axis does not go through the middle") }
    let columns = (0..<3).map { column in (0..<3).map { worlds[4 * $0 + column] } }
    for (first, second) in [(0, 0), (1, 1), (2, 2), (0, 1), (1, 2), (2, 0)] {
      let product = zip(columns[first], columns[second]).reduce(0) { $0 + $1.0 * $1.1 }
      guard abs(product - (first == second ? 1 : 0)) < 1e-4 else {
        throw refusal("its axes are not at right angles")
      }
    }
    return PinholeCamera(
      pose: RigidPose(position: (0..<3).map { worlds[4 * $0 + 3] }, rotation: columns.flatMap(\.self)),
      fieldOfView: 2 * atan(Double(camera.height) / 2 / fy) * 180 / .pi)
  }

  /// Position and quaternion, w first, as SAPIEN has it.
  private static let pose = ["x", "y", "z", "qw", "qx", "qy", "qz"]

  private static func poseColumns(_ name: String, _ width: Int) -> [String] {
    if width == pose.count { return pose.map { "\(name).\($0)" } }
    return width == 1 ? [name] : (0..<width).map { "\(name)[\($0)]" }
  }
}

extension DemonstrationFormat {
  static let roboTwin = EpisodeFileLayout.roboTwin.format(
    title: "RoboTwin HDF5", forms: "an episode, a folder of them, one with data and instructions, or of several tasks",
    marks: "files episodeN.hdf5 with /joint_action and /observation")
}
