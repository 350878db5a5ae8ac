internal import Tensors

/// One demonstration as the file lays it out.
struct Layout {
  let file: Int
  let group: String
  let instruction: String
  let length: Int
  /// Keys below `obs/`, sorted.
  let observations: [String]

  /// Those of `/data` in `file` that the mask keeps, by number.
  static func all(
    in file: any ArrayFile, index: Int, options: DemonstrationOptions
  ) throws(VLMError) -> [Layout] {
    guard let members = try file.members(of: "/data") else {
      let root = try file.members(of: "/") ?? []
      throw VLMError(
        .datasetKeyMissing, "there is no group /data, so these are no LIBERO or robomimic demonstrations",
        file: file.path, remedy: "it holds \(list(root))")
    }
    var names: [String] = []
    for name in members where try file.members(of: "/data/\(name)")?.contains("actions") == true {
      names.append(name)
    }
    guard !names.isEmpty else {
      throw VLMError(
        .datasetKeyMissing, "no group below it has actions", file: file.path, tensor: "/data",
        remedy: "it holds \(list(members))")
    }
    if let mask = options.mask { names = try masked(names, by: mask, in: file) }
    var layouts: [Layout] = []
    for name in names.sorted(by: numberOrder) { layouts.append(try Layout(file, index, "/data/\(name)")) }
    return layouts
  }

  private init(_ file: any ArrayFile, _ index: Int, _ group: String) throws(VLMError) {
    guard let actions = try file.facts(of: "\(group)/actions"), actions.isVectors else {
      throw VLMError(
        .datasetShape, "actions are not a table (T, d) of numbers", file: file.path,
        tensor: "\(group)/actions")
    }
    guard actions.rows > 0 else {
      throw VLMError(
        .datasetEmpty, "a demonstration of no rows", file: file.path, tensor: group,
        remedy: "leave it out with a mask, or delete it")
    }
    guard let keys = try file.members(of: "\(group)/obs") else {
      throw VLMError(
        .datasetKeyMissing, "the demonstration has no group obs", file: file.path, tensor: group,
        remedy: "files without observations must be replayed first (robomimic: dataset_states_to_obs.py)")
    }
    self.file = index
    self.group = group
    instruction = try Instruction.find(in: file, demonstration: group)
    length = actions.rows
    observations = keys.sorted()
  }

  private static func masked(
    _ names: [String], by mask: String, in file: any ArrayFile
  ) throws(VLMError) -> [String] {
    guard let facts = try file.facts(of: "/mask/\(mask)"), facts.kind == .strings else {
      throw VLMError(
        .datasetMask, "there is no mask \(mask)", file: file.path,
        remedy: "masks in it: \(list(try file.members(of: "/mask") ?? []))")
    }
    let wanted = try file.strings("/mask/\(mask)")
    if let unknown = wanted.first(where: { !names.contains($0) }) {
      throw VLMError(
        .datasetMask, "it names \(unknown), which is not there", file: file.path, tensor: "/mask/\(mask)",
        remedy: "demonstrations in it: \(list(names))")
    }
    return names.filter(wanted.contains)
  }

  /// `demo_2` before `demo_10`.
  private static func numberOrder(_ left: String, _ right: String) -> Bool {
    func key(_ name: String) -> (String, Int, String) {
      let digits = name.reversed().prefix(while: \.isNumber).reversed()
      return (String(name.dropLast(digits.count)), Int(String(digits)) ?? 0, name)
    }
    return key(left) < key(right)
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
