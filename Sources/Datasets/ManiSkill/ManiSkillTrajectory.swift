internal import Tensors

/// What one trajectory of ManiSkill's recorder holds (`mani_skill/utils/wrappers/record.py`).
///
///     /traj_N/actions (T, d)  terminated  success ...
///     /traj_N/obs/agent/qpos (T + 1, n)  qvel  /obs/extra/tcp_pose (T + 1, 7)  .../goal_pos (T + 1, 3)
///     /traj_N/obs/sensor_data/CAM/rgb (T + 1, H, W, 3)  depth     ManiSkill 2: /obs/image/CAM/rgb or Color
///     /traj_N/env_states/actors/NAME (T + 1, 13)  articulations/NAME    ManiSkill 2: /env_states (T + 1, n)
///
/// An observation stands before the action of its row; the last one has none.
extension EpisodeContents {
  static func maniSkill(_ group: String, in file: any ArrayFile) throws(VLMError) -> EpisodeContents {
    guard let actions = try file.facts(of: "\(group)/actions"), actions.isVectors, actions.width > 0 else {
      throw VLMError(
        .datasetShape, "actions are not a table (T, d) of numbers", file: file.path,
        tensor: "\(group)/actions")
    }
    let all = try file.arrays(below: group) ?? []
    guard all.contains(where: { $0.name.hasPrefix("obs/") }) else {
      throw VLMError(
        .datasetKeyMissing, "the trajectory has no observations", file: file.path, tensor: "\(group)/obs",
        remedy: "replay it with them: python -m mani_skill.trajectory.replay_trajectory --save-traj -o rgb")
    }
    let rows = actions.rows
    var observations: [EpisodeTable] = []
    var cameras: [RecordedCamera] = []
    var states: (places: [String], names: [String]) = ([], [])
    for (name, facts) in all where facts.rows > rows {
      let (place, parts) = ("\(group)/\(name)", name.split(separator: "/").map(String.init))
      let key = parts.last!
      if parts[0] == "obs", let camera = try camera(parts, at: place, facts, in: file) {
        cameras.append(camera.counted(rows))
      } else if parts[0] == "env_states", facts.isVectors, facts.width > 0 {
        states.places.append(place)
        states.names += (0..<facts.width).map { "\(key)[\($0)]" }
      } else if parts[0] == "obs", parts.count > 2, facts.isVectors, facts.width > 0,
        parts[1] == "agent" || parts[1] == "extra"
      {
        observations += tables(parts, at: place, facts.width, rows)
      }
    }
    if !states.places.isEmpty {
      observations.append(
        EpisodeTable("env_states", .simulatorState, at: states.places, names: states.names, rows: rows))
    }
    return EpisodeContents(
      length: rows,
      action: EpisodeTable(
        "actions", .action, at: ["\(group)/actions"], names: (0..<actions.width).map { "action[\($0)]" },
        rows: rows), observations: observations, cameras: cameras,
      arrays: all.map { (String(group.dropFirst()) + "/\($0.name)", $0.facts) })
  }

  /// `sensor_data/CAM/rgb`, `image/CAM/rgb` or `image/CAM/Color`.
  private static func camera(
    _ parts: [String], at place: String, _ facts: ArrayFacts, in file: any ArrayFile
  ) throws(VLMError) -> RecordedCamera? {
    guard parts.count == 4, ["sensor_data", "image"].contains(parts[1]), ["rgb", "Color"].contains(parts[3])
    else { return nil }
    return try StoredFrames.camera(parts[2], at: place, facts, in: file)
  }

  /// Names of what stands below `agent` and `extra`; a pose is a position and a quaternion, w first.
  private static func tables(_ parts: [String], at place: String, _ width: Int, _ rows: Int) -> [EpisodeTable]
  {
    let key = parts.dropFirst().joined(separator: ".")
    let name = parts.last!
    func table(_ key: String, _ role: ValueRole, _ names: [String], _ columns: [Int]? = nil) -> EpisodeTable {
      EpisodeTable(key, role, at: [place], names: names, rows: rows, columns: columns)
    }
    let numbered = width == 1 ? [name] : (0..<width).map { "\(name)[\($0)]" }
    let places = ["x", "y", "z"].map { "\(name).\($0)" }
    if parts[1] == "agent" { return [table(key, name == "qpos" ? .joints : .proprioception, numbered)] }
    let isHand = name == "tcp_pose" || name == "tcp_pos"
    let isWay = name.contains("_to_")
    if name.hasSuffix("pose"), width == 7 {
      let names = places + ["qw", "qx", "qy", "qz"].map { "\(name).\($0)" }
      return [
        table("\(key).position", isHand ? .endEffectorPosition : .objectPosition, names, [0, 1, 2]),
        table("\(key).quaternion", isHand ? .endEffectorQuaternion : .other, names, [4, 5, 6, 3]),
      ]
    }
    if name.contains("_pos"), width == 3 {
      return [table(key, isHand ? .endEffectorPosition : isWay ? .displacement : .objectPosition, places)]
    }
    return [table(key, .other, numbered)]
  }
}
