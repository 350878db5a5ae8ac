internal import Tensors

/// One demonstration as the file lays it out.
struct Layout {
  let file: Int
  let group: String
  /// What the robot is told, and where that stands.
  let instruction: Chosen<String>
  let length: Int
  /// Keys below `obs/`, sorted.
  let observations: [String]
  /// Whether the simulator's state is recorded.
  let hasStates: Bool

  /// What to do about a demonstration that cannot be used.
  var leaveOut: String { leavingOut(group) }

  init(_ file: any ArrayFile, _ index: Int, _ group: String) throws(VLMError) {
    guard let actions = try file.facts(of: "\(group)/actions"), actions.isVectors else {
      throw VLMError(
        .datasetShape, "actions are not a table (T, d) of numbers", file: file.path,
        tensor: "\(group)/actions")
    }
    guard actions.rows > 0 else {
      throw VLMError(
        .datasetEmpty, "a demonstration of no rows", file: file.path, tensor: group,
        remedy: leavingOut(group))
    }
    guard let keys = try file.members(of: "\(group)/obs") else {
      throw VLMError(
        .datasetKeyMissing, "the demonstration has no group obs", file: file.path, tensor: group,
        remedy:
          "files without observations must be replayed first (robomimic: dataset_states_to_obs.py); or "
          + leavingOut(group))
    }
    self.file = index
    self.group = group
    instruction = try Instruction.find(in: file, demonstration: group)
    length = actions.rows
    observations = keys.sorted()
    let states = try file.facts(of: "\(group)/states")
    hasStates = states.map { $0.isVectors && $0.width > 0 } ?? false
  }

  /// The arrays that tell the row lag.
  func trace(in file: any ArrayFile) throws(VLMError) -> RowLag.Trace {
    func table(_ name: String) throws(VLMError) -> [[Double]] {
      guard let facts = try file.facts(of: name), facts.isVectors, facts.rows == length, facts.width > 0
      else {
        return []
      }
      let values = try file.numbers(name, rows: 0..<length)
      guard values.allSatisfy(\.isFinite) else { return [] }
      return (0..<length).map { Array(values[$0 * facts.width..<($0 + 1) * facts.width]) }
    }
    let preferred = EndEffectorKeys.position + ["joint_states", "robot0_joint_pos"] + EndEffectorKeys.gripper
    var observed: [(key: String, rows: [[Double]])] = []
    for key in preferred where observations.contains(key) {
      let rows = try table("\(group)/obs/\(key)")
      if !rows.isEmpty { observed.append((key, rows)) }
    }
    return RowLag.Trace(
      states: try table("\(group)/states"), actions: try table("\(group)/actions"), observations: observed)
  }
}

/// The names under which LIBERO and robomimic keep the end effector.
enum EndEffectorKeys {
  static let position = ["ee_pos", "robot0_eef_pos"]
  static let gripper = ["gripper_states", "robot0_gripper_qpos"]
  static let axisAngle = ["ee_ori"]
  static let quaternion = ["robot0_eef_quat"]
  /// Position, then axis-angle.
  static let state = ["ee_states"]
}
