internal import Tensors

/// What the simulator's states of all frames in use hold, by name.
struct RecordedScene {
  /// A body or a joint, where every episode has it.
  struct Thing {
    let name: String
    let freedom: SceneState.Freedom
    /// 9 columns of a pose, 6 of a ball, 1 of a hinge or a slide.
    let values: FrameValues
  }

  /// In the order of the first episode.
  let things: [Thing]
  /// Names that only some episodes have.
  let partial: [String]
  /// Names without a joint, in any of the episodes.
  let fixed: Set<String>

  /// - Throws: `datasets.scene.unreadable`, and what reading states throws.
  init(_ demonstrations: Demonstrations) throws(VLMError) {
    let source = demonstrations.source
    var order: [String] = []
    var found: [String: (freedom: SceneState.Freedom, values: [Double], episodes: Int)] = [:]
    var fixed: Set<String> = []
    for episode in demonstrations.episodes {
      let scene = try source.scene(of: episode.index)
      guard let states = source.aligned(episode.contents).values(.simulatorState) else {
        throw VLMError(
          .datasetScene, "there are no states", file: demonstrations.files[episode.file],
          tensor: episode.place)
      }
      let table = try demonstrations.table(states, episode)
      fixed.formUnion(scene.fixed)
      for variable in scene.variables {
        if found[variable.name] == nil {
          order.append(variable.name)
          found[variable.name] = (variable.freedom, [], 0)
        }
        guard found[variable.name]!.freedom == variable.freedom else { continue }
        found[variable.name]!.episodes += 1
        for row in episode.rows {
          let state = table[row * states.width..<(row + 1) * states.width]
          let numbers = variable.columns.map { state[state.startIndex + $0] }
          found[variable.name]!.values += variable.freedom.values(numbers)
        }
      }
    }
    let everywhere = demonstrations.episodes.count
    let vocabulary = source.vocabulary
    things = order.filter { found[$0]!.episodes == everywhere }.map { name in
      let (freedom, values, _) = found[name]!
      let columns = freedom.columns
      return Thing(
        name: name, freedom: freedom,
        values: FrameValues(
          columns: columns.count == 1 ? [name] : columns.map { "\(name).\($0)" }, values: values,
          source: "states",
          givenAwayBy: vocabulary.role(of: name).isProprioceptive ? .robot : nil,
          quantities: freedom.quantities))
    }
    partial = order.filter { found[$0]!.episodes < everywhere }
    self.fixed = fixed
  }
}

extension SceneState.Freedom {
  private static let rotation = ["r11", "r21", "r31", "r12", "r22", "r32"]

  var columns: [String] {
    switch self {
    case .pose: ["x", "y", "z"] + Self.rotation
    case .ball: Self.rotation
    case .hinge, .slide: [""]
    }
  }

  var quantities: [Quantity] {
    switch self {
    case .pose: [Quantity](repeating: .position, count: 3) + [Quantity](repeating: .rotation, count: 6)
    case .ball: [Quantity](repeating: .rotation, count: 6)
    case .hinge: [.angle]
    case .slide: [.length]
    }
  }

  /// From numbers of the state.
  func values(_ numbers: [Double]) -> [Double] {
    func rotation(_ wxyz: ArraySlice<Double>) -> [Double] {
      Rotation.sixNumbers(quaternion: Array(wxyz.dropFirst()) + [wxyz[wxyz.startIndex]])
    }
    return switch self {
    case .pose: numbers[..<3] + rotation(numbers[3...])
    case .ball: rotation(numbers[...])
    case .hinge, .slide: numbers
    }
  }
}
