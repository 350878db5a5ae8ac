package import Tensors

/// Quantities of every frame in use, in the order of episodes and rows.
///
/// Each throws `datasets.key.missing` with what there is instead, `datasets.array.length`,
/// `datasets.array.not-finite`, `datasets.demonstration.inconsistent`.
extension Demonstrations {
  /// The action that follows the frame.
  package func nextAction() throws(VLMError) -> FrameValues { try actions(.action) }

  /// The next `count` actions, one after another. Where the episode ends before, its last action is held, as LeRobot pads the chunks
  /// of ACT and the policies after it.
  package func actionChunk(_ count: Int) throws(VLMError) -> FrameValues {
    let chunk = try actions(.action, steps: Array(0..<count))
    let held = episodes.reduce(0) { sum, episode in
      sum + episode.rows.count { $0 + count > episode.length - rowLag.rows }
    }
    return chunk.noting(
      "in \(held) of \(frameCount) frames the episode ends within \(count) actions, and its last one is held")
  }

  /// The action that led to the frame; zeros before the first.
  package func previousAction() throws(VLMError) -> FrameValues { try actions(.previousAction) }

  /// Which task the frame's episode is of: a column a task, 1 for its own and 0 for the others.
  ///
  /// - Throws: `datasets.key.missing` when there is one task only.
  package func task() throws(VLMError) -> FrameValues {
    guard tasks.count > 1 else {
      throw VLMError(
        .datasetKeyMissing, "there is one task only, so none to be told from another", file: path,
        remedy: "give demonstrations of several tasks")
    }
    let values = episodes.flatMap { episode in
      episode.rows.flatMap { _ in tasks.indices.map { $0 == episode.task ? 1.0 : 0 } }
    }
    return FrameValues(
      columns: tasks, values: values, source: instructionSources.joined(separator: ", "),
      givenAwayBy: nil, quantities: tasks.map { _ in .classes })
  }

  package func gripper() throws(VLMError) -> FrameValues {
    guard let name = observation(of: .gripper) else { throw missing("gripper state", [.gripper]) }
    return try observation(name)
  }

  package func endEffectorPosition() throws(VLMError) -> FrameValues {
    let columns = ["x", "y", "z"]
    if let name = observation(of: .endEffectorPosition) {
      let position = try observation(name)
      return position.columns.count == 3
        ? try mapped(position, of: 3, to: columns, .position) { Array($0) } : position
    }
    guard let pose = observation(of: .endEffectorPose) else {
      throw missing("end-effector position", [.endEffectorPosition, .endEffectorPose])
    }
    return try mapped(observation(pose), of: 6, to: columns, .position) { Array($0.prefix(3)) }
  }

  /// Six numbers; see `Rotation`.
  package func endEffectorRotation() throws(VLMError) -> FrameValues {
    let columns = ["r11", "r21", "r31", "r12", "r22", "r32"]
    if let name = observation(of: .endEffectorQuaternion) {
      return try mapped(observation(name), of: 4, to: columns, .rotation) {
        Rotation.sixNumbers(quaternion: Array($0))
      }
    }
    if let name = observation(of: .endEffectorAxisAngle) {
      return try mapped(observation(name), of: 3, to: columns, .rotation) {
        Rotation.sixNumbers(axisAngle: Array($0))
      }
    }
    guard let pose = observation(of: .endEffectorPose) else {
      throw missing(
        "end-effector rotation", [.endEffectorQuaternion, .endEffectorAxisAngle, .endEffectorPose])
    }
    return try mapped(observation(pose), of: 6, to: columns, .rotation) {
      Rotation.sixNumbers(axisAngle: Array($0.suffix(3)))
    }
  }

  /// What images are labelled with, by name; empty where they are not images.
  package var labels: [(name: String, isClass: Bool)] {
    episodes[0].contents.values.filter { $0.role.isLabel && observationKeys.contains($0.name) }
      .map { ($0.name, $0.role == .classOfImage) }
  }

  /// A numeric observation, by its name.
  package func observation(_ name: String) throws(VLMError) -> FrameValues {
    try collect({ $0.observation(name) }) { episode in
      VLMError(
        .datasetKeyMissing, "there are no numbers of that name", file: files[episode.file],
        tensor: "\(episode.contents.place)/\(name)",
        remedy: (NearestNames.suggestion(for: name, among: observationKeys).map { $0 + "; " } ?? "")
          + "every demonstration has \(list(observationKeys))")
    }
  }

  /// The simulator's state with all observed vectors: what an oracle would see. `nil` when there is neither a state
  /// nor an observation besides the end effector.
  ///
  /// States of different widths (scenes with other objects) stand side by side, zero where they do not apply; a first
  /// column that is the time is left out.
  package func oracleState() throws(VLMError) -> FrameValues? {
    // Of images all that is known is what they are probed for.
    if isOfImages { return nil }
    var parts: [FrameValues] = []
    if let states = try simulatorStates() { parts.append(states) }
    let isMore = { (name: String) in
      episodes[0].contents.observation(name).map {
        [.other, .objectPosition, .displacement, .proprioception].contains($0.role)
      } == true
    }
    guard !parts.isEmpty || observationKeys.contains(where: isMore) else { return nil }
    for name in observationKeys { parts.append(try observation(name)) }
    let values = (0..<frameCount).flatMap { frame in parts.flatMap { $0.row(frame) } }
    return FrameValues(
      columns: parts.flatMap(\.columns), values: values, source: parts.map(\.source).joined(separator: ", "))
  }

  /// The share of its episode that is over at the frame.
  package func progress() -> FrameValues {
    FrameValues(
      columns: ["progress"], values: phases.map(\.phase), source: "rows", givenAwayBy: .time,
      quantities: [.extent])
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
      guard let states = source.aligned(episode.contents).values(.simulatorState) else { return nil }
      let table = try table(states, episode)
      let times = (0..<states.rows).map { table[$0 * states.width] }
      let isTime = times.count > 2 && zip(times, times.dropFirst()).allSatisfy { $0 < $1 }
      let skipped = isTime ? 1 : 0
      tables.append(
        (
          states.width - skipped,
          episode.rows.map { table[$0 * states.width + skipped..<($0 + 1) * states.width] }
        ))
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

  private func actions(_ role: ValueRole, steps: [Int] = [0]) throws(VLMError) -> FrameValues {
    try collect({ $0.values(role) }, steps: steps) { episode in
      VLMError(
        .datasetKeyMissing, "there are no actions", file: files[episode.file], tensor: episode.place,
        remedy: episode.recorded.leaveOut)
    }
  }

  /// The same values of all episodes, at the rows in use and so many `steps` later, but not after the last row.
  private func collect(
    _ find: (EpisodeDescription) -> RecordedValues?, steps: [Int] = [0], missing: (Episode) -> VLMError
  ) throws(VLMError) -> FrameValues {
    var first: RecordedValues?
    var rows: [Double] = []
    for episode in episodes {
      guard let values = find(source.aligned(episode.contents)) else { throw missing(episode) }
      let width = values.width
      if let first, first.width != width {
        throw VLMError(
          .datasetInconsistent, "\(width) columns, in the first demonstration \(first.width)",
          file: files[episode.file], tensor: values.place,
          remedy: "probe the files of one robot at a time, or name other values: \(list(observationKeys))")
      }
      first = first ?? values
      let table = try table(values, episode)
      for row in episode.rows {
        for step in steps {
          let row = min(row + step, values.rows - 1)
          rows.append(contentsOf: table[row * width..<(row + 1) * width])
        }
      }
    }
    guard let first else { preconditionFailure("there is at least one demonstration") }
    return FrameValues(
      columns: steps.flatMap { step in first.columns.map { step > 0 ? "\($0) +\(step)" : $0 } }, values: rows,
      source: first.source,
      givenAwayBy: first.role.isProprioceptive ? .robot : nil,
      quantities: steps.flatMap { _ in first.quantities })
  }

  /// All aligned rows of an episode, as many as it should have.
  func table(_ values: RecordedValues, _ episode: Episode) throws(VLMError) -> [Double] {
    let recorded = values.rows + rowLag.rows
    guard recorded == episode.length else {
      throw VLMError(
        .datasetLength, "\(recorded) rows, but \(episode.length) actions", file: files[episode.file],
        tensor: values.place,
        remedy: "the demonstration is damaged; record it again, or \(episode.recorded.leaveOut)")
    }
    return try source.values(values, of: episode.index)
  }

  /// The first observation of a role that every episode has.
  private func observation(of role: ValueRole) -> String? {
    episodes[0].contents.values.first { $0.role == role && observationKeys.contains($0.name) }?.name
  }

  private func missing(_ what: String, _ roles: [ValueRole]) -> VLMError {
    let names = roles.flatMap { source.vocabulary.observations[$0] ?? [] }
    return VLMError(
      .datasetKeyMissing,
      "there is no \(what)\(names.isEmpty ? "" : " (\(names.joined(separator: " or ")))") in every demonstration",
      file: path, remedy: "numeric observations: \(list(observationKeys))")
  }

  private func mapped(
    _ values: FrameValues, of width: Int, to columns: [String], _ quantity: Quantity,
    _ body: (ArraySlice<Double>) -> [Double]
  ) throws(VLMError) -> FrameValues {
    guard values.columns.count == width else {
      throw VLMError(
        .datasetShape, "\(values.columns.count) columns, where \(width) are expected", file: path,
        tensor: values.source, remedy: "probe it as --target \(values.source)")
    }
    return FrameValues(
      columns: columns, values: (0..<values.frameCount).flatMap { body(values.row($0)) },
      source: values.source, givenAwayBy: values.givenAwayBy, quantities: columns.map { _ in quantity })
  }
}
