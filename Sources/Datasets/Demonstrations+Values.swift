internal import Foundation
package import Tensors

extension Demonstrations {
  /// A quantity of every frame in use, in the order of episodes and rows.
  ///
  /// Observations stand at the image's row; actions are shifted by the row lag.
  /// - Throws: `datasets.key.missing` with what there is instead, `datasets.array.length`, `datasets.array.not-finite`.
  package func values(_ quantity: FrameQuantity) throws(VLMError) -> FrameValues {
    switch quantity {
    case .observation(let key): return try observation(key)
    case .nextAction: return try actions(shift: rowLag.rows, title: "action")
    case .previousAction: return try actions(shift: rowLag.rows - 1, title: "previous action")
    case .gripper: return try observation(try key(among: EndEffectorKeys.gripper, "a gripper state"))
    case .endEffectorPosition:
      if let key = EndEffectorKeys.position.first(where: observationKeys.contains) {
        return try named(["x", "y", "z"], observation(key))
      }
      let key = try key(
        among: EndEffectorKeys.state, "an end-effector position", or: EndEffectorKeys.position)
      return try mapped(observation(key), to: ["x", "y", "z"]) { Array($0.prefix(3)) }
    case .endEffectorRotation:
      let columns = ["r11", "r21", "r31", "r12", "r22", "r32"]
      if let key = EndEffectorKeys.quaternion.first(where: observationKeys.contains) {
        return try mapped(observation(key), to: columns) { Rotation.sixNumbers(quaternion: Array($0)) }
      }
      if let key = EndEffectorKeys.axisAngle.first(where: observationKeys.contains) {
        return try mapped(observation(key), to: columns) { Rotation.sixNumbers(axisAngle: Array($0)) }
      }
      let key = try key(
        among: EndEffectorKeys.state, "an end-effector rotation", or: EndEffectorKeys.axisAngle)
      return try mapped(observation(key), to: columns) { Rotation.sixNumbers(axisAngle: Array($0.suffix(3))) }
    }
  }

  /// The simulator's state with all observed vectors: what an oracle would see. `nil` when there is neither a state
  /// nor an observation besides the end effector.
  ///
  /// States of different widths (scenes with other objects) stand side by side, zero where they do not apply; a first
  /// column that is the time is left out.
  package func oracleState() throws(VLMError) -> FrameValues? {
    var parts: [FrameValues] = []
    if let states = try simulatorStates() { parts.append(states) }
    let robot = Set(
      EndEffectorKeys.position + EndEffectorKeys.gripper + EndEffectorKeys.axisAngle
        + EndEffectorKeys.quaternion
        + EndEffectorKeys.state + ["joint_states", "robot0_joint_pos"])
    guard !parts.isEmpty || observationKeys.contains(where: { !robot.contains($0) }) else { return nil }
    for key in observationKeys { parts.append(try observation(key)) }
    var values: [Double] = []
    for frame in 0..<frameCount {
      for part in parts {
        let width = part.columns.count
        values.append(contentsOf: part.values[frame * width..<(frame + 1) * width])
      }
    }
    return FrameValues(
      columns: parts.flatMap(\.columns), values: values, source: parts.map(\.source).joined(separator: ", "))
  }

  /// Row of the frame divided by the rows of its episode, 0 to 1, and the row itself.
  package var phases: [(phase: Double, row: Int)] {
    episodes.flatMap { episode in
      episode.rows.map { (Double($0) / Double(max(episode.length - 1, 1)), $0) }
    }
  }

  private func simulatorStates() throws(VLMError) -> FrameValues? {
    var tables: [(width: Int, rows: [ArraySlice<Double>])] = []
    for episode in episodes {
      let file = files[episode.file]
      let name = "\(episode.group)/states"
      guard let facts = try file.facts(of: name), facts.isVectors, facts.width > 0 else { return nil }
      let values = try table(name, facts, episode)
      let rows = episode.rows.map { row in
        values[(row + rowLag.rows) * facts.width..<(row + rowLag.rows + 1) * facts.width]
      }
      let times = (0..<episode.length).map { values[$0 * facts.width] }
      let isTime = times.count > 2 && zip(times, times.dropFirst()).allSatisfy { $0 < $1 }
      tables.append(isTime ? (facts.width - 1, rows.map { $0.dropFirst() }) : (facts.width, rows))
    }
    let widths = Set(tables.map(\.width)).sorted()
    var values: [Double] = []
    for table in tables {
      for row in table.rows {
        for width in widths {
          values.append(contentsOf: width == table.width ? Array(row) : [Double](repeating: 0, count: width))
        }
      }
    }
    let columns = widths.flatMap { width in
      (0..<width).map { "states\(widths.count > 1 ? "/\(width)" : "")[\($0)]" }
    }
    return FrameValues(columns: columns, values: values, source: "states")
  }

  private func observation(_ key: String) throws(VLMError) -> FrameValues {
    var values: [Double] = []
    var width = 0
    for episode in episodes {
      let file = files[episode.file]
      let name = "\(episode.group)/obs/\(key)"
      guard let facts = try file.facts(of: name), facts.isVectors, facts.width > 0 else {
        throw VLMError(
          .datasetKeyMissing, "there is no numeric data set (T) or (T, d) of that name", file: file.path,
          tensor: name,
          remedy: (NearestNames.suggestion(for: key, among: observationKeys).map { $0 + "; " } ?? "")
            + "every demonstration has \(list(observationKeys))")
      }
      guard width == 0 || facts.width == width else {
        throw VLMError(
          .datasetInconsistent, "\(facts.width) columns, in the first demonstration \(width)",
          file: file.path,
          tensor: name, remedy: "name another data set: \(list(observationKeys))")
      }
      width = facts.width
      let rows = try table(name, facts, episode)
      for row in episode.rows { values.append(contentsOf: rows[row * width..<(row + 1) * width]) }
    }
    let columns = width == 1 ? [key] : (0..<width).map { "\(key)[\($0)]" }
    return FrameValues(columns: columns, values: values, source: "obs/\(key)")
  }

  private func actions(shift: Int, title: String) throws(VLMError) -> FrameValues {
    var values: [Double] = []
    var width = 0
    for episode in episodes {
      let file = files[episode.file]
      let name = "\(episode.group)/actions"
      guard let facts = try file.facts(of: name), facts.width > 0, width == 0 || facts.width == width else {
        throw VLMError(
          .datasetInconsistent, "actions have another width than in the first demonstration, \(width)",
          file: file.path, tensor: name, remedy: "probe the files of one robot at a time")
      }
      width = facts.width
      let rows = try table(name, facts, episode)
      for row in episode.rows {
        let source = row + shift
        if source < 0 {
          values.append(contentsOf: [Double](repeating: 0, count: width))
        } else {
          values.append(contentsOf: rows[source * width..<(source + 1) * width])
        }
      }
    }
    // LIBERO's and robomimic's seven: three of translation, three of rotation, the gripper.
    let names = ["dx", "dy", "dz", "drx", "dry", "drz", "gripper"]
    let columns = width == 7 ? names : (0..<width).map { "\(title)[\($0)]" }
    return FrameValues(columns: columns, values: values, source: "actions")
  }

  /// All rows of an array of an episode, checked.
  private func table(_ name: String, _ facts: ArrayFacts, _ episode: Episode) throws(VLMError) -> [Double] {
    let file = files[episode.file]
    guard facts.rows == episode.length else {
      throw VLMError(
        .datasetLength, "\(facts.rows) rows, but \(episode.length) actions", file: file.path, tensor: name,
        remedy: "the demonstration is damaged; record it again, or \(episode.leaveOut)")
    }
    let values = try file.numbers(name, rows: 0..<facts.rows)
    if let bad = values.firstIndex(where: { !$0.isFinite }) {
      throw VLMError(
        .datasetNotFinite, "row \(bad / facts.width), column \(bad % facts.width) is \(values[bad])",
        file: file.path,
        tensor: name, remedy: "repair it, or \(episode.leaveOut)")
    }
    return values
  }

  private func key(among keys: [String], _ what: String, or others: [String] = []) throws(VLMError) -> String
  {
    if let key = keys.first(where: observationKeys.contains) { return key }
    throw VLMError(
      .datasetKeyMissing,
      "there is no \(what.split(separator: " ").dropFirst().joined(separator: " ")) "
        + "(\((others + keys).joined(separator: " or "))) in every demonstration",
      file: path, remedy: "numeric data sets below obs/: \(list(observationKeys))")
  }

  private func named(_ columns: [String], _ values: FrameValues) -> FrameValues {
    guard values.columns.count == columns.count else { return values }
    return FrameValues(columns: columns, values: values.values, source: values.source)
  }

  private func mapped(
    _ values: FrameValues, to columns: [String], _ body: (ArraySlice<Double>) -> [Double]
  ) throws(VLMError) -> FrameValues {
    let width = values.columns.count
    let expected = ["obs/ee_states": 6, "obs/ee_ori": 3, "obs/robot0_eef_quat": 4][values.source] ?? width
    guard width == expected else {
      throw VLMError(
        .datasetShape, "\(width) columns, where \(expected) are expected", file: path, tensor: values.source,
        remedy: "probe it as --target \(values.source)")
    }
    return FrameValues(
      columns: columns,
      values: (0..<values.frameCount).flatMap { body(values.values[$0 * width..<($0 + 1) * width]) },
      source: values.source)
  }
}
