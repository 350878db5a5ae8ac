internal import Files
package import Images
package import Tensors

/// HDF5 in the layout of robomimic and LIBERO, both recordings of robosuite.
///
///     /data/demo_N/actions (T, d)  /data/demo_N/states (T, d)  /data/demo_N/obs/KEY   /mask/NAME (names)
///
/// An observation is a camera (`StoredFrames`) or values of (T), (T, d) or (T, 1, d) numbers, and may stand in groups below `obs`, as
/// IsaacLab's do. What the two call things is in `DemonstrationVocabulary.robosuite`.
package struct HDF5Demonstrations: DemonstrationSource {
  package let path: String
  package let files: [String]
  package let episodes: [RecordedEpisode]
  package let vocabulary = DemonstrationVocabulary.robosuite
  package let damaged: [LeftOut]
  private let arrays: [any ArrayFile]

  /// Lists the episodes of `files` in the given order.
  ///
  /// - Throws: `datasets.key.missing` for a file in another layout.
  package init(_ arrays: [any ArrayFile], path: String, damaged: [LeftOut] = []) throws(VLMError) {
    var episodes: [RecordedEpisode] = []
    for (index, file) in arrays.enumerated() { episodes += try Self.listing(file, index) }
    self.arrays = arrays
    self.damaged = damaged
    self.path = path
    self.episodes = episodes
    files = arrays.map(\.path)
  }

  static func listing(_ file: any ArrayFile, _ index: Int) throws(VLMError) -> [RecordedEpisode] {
    guard let names = try file.members(of: "/data") else {
      let root = try file.members(of: "/") ?? []
      throw VLMError(
        .datasetKeyMissing, "there is no group /data, so these are no LIBERO or robomimic demonstrations",
        file: file.path, remedy: "it holds \(list(root))")
    }
    var episodes: [RecordedEpisode] = []
    for name in names.sorted(by: RecordedEpisode.areInOrder) {
      let hasActions = try file.members(of: "/data/\(name)")?.contains("actions") == true
      episodes.append(
        RecordedEpisode(
          file: index, name: name, place: "/data/\(name)", lacks: hasActions ? nil : "actions"))
    }
    guard episodes.contains(where: { $0.lacks == nil }) else {
      throw VLMError(
        .datasetKeyMissing, "no group below it has actions", file: file.path, tensor: "/data",
        remedy: "it holds \(list(names))")
    }
    return episodes
  }

  package func part(named mask: String) throws(VLMError) -> Set<Int> {
    var part: Set<Int> = []
    for (index, file) in arrays.enumerated() {
      guard let facts = try file.facts(of: "/mask/\(mask)"), facts.kind == .strings else {
        throw VLMError(
          .datasetMask, "there is no mask \(mask)", file: file.path,
          remedy: "masks in it: \(list(try file.members(of: "/mask") ?? []))")
      }
      let here = episodes.indices.filter { episodes[$0].file == index }
      let wanted = Set(try file.strings("/mask/\(mask)"))
      if let unknown = wanted.subtracting(here.map { episodes[$0].name }).min() {
        throw VLMError(
          .datasetMask, "it names \(unknown), which is not there", file: file.path, tensor: "/mask/\(mask)",
          remedy: "demonstrations in it: \(list(here.map { episodes[$0].name }))")
      }
      part.formUnion(here.filter { wanted.contains(episodes[$0].name) })
    }
    return part
  }

  package func describe(_ episode: Int) throws(VLMError) -> EpisodeDescription {
    let recorded = episodes[episode]
    let group = recorded.place
    let file = arrays[recorded.file]
    guard let actions = try file.facts(of: "\(group)/actions"), actions.isVectors, actions.width > 0 else {
      throw VLMError(
        .datasetShape, "actions are not a table (T, d) of numbers", file: file.path,
        tensor: "\(group)/actions")
    }
    guard actions.rows > 0 else {
      throw VLMError(
        .datasetEmpty, "a demonstration of no rows", file: file.path, tensor: group, remedy: recorded.leaveOut
      )
    }
    guard let observed = try file.arrays(below: "\(group)/obs") else {
      throw VLMError(
        .datasetKeyMissing, "the demonstration has no group obs", file: file.path, tensor: group,
        remedy:
          "files without observations must be replayed first (robomimic: dataset_states_to_obs.py); or "
          + recorded.leaveOut)
    }
    var values = [
      RecordedValues(
        name: "actions", place: "\(group)/actions", role: .action, rows: actions.rows, width: actions.width,
        columns: Self.actionColumns(actions.width))
    ]
    func add(_ name: String, _ place: String, _ role: ValueRole, _ facts: ArrayFacts) {
      guard facts.isVectors, facts.width > 0 else { return }
      values.append(
        RecordedValues(name: name, place: place, role: role, rows: facts.rows, width: facts.width))
    }
    if let states = try file.facts(of: "\(group)/states") {
      add("states", "\(group)/states", .simulatorState, states)
    }
    var cameras: [RecordedCamera] = []
    var names: [String] = []
    for (key, facts) in observed {
      let place = "\(group)/obs/\(key)"
      if let camera = try StoredFrames.camera(key, at: place, facts, in: file) {
        cameras.append(camera)
      } else {
        add(key, place, vocabulary.role(of: key.lastPathPart), facts)
      }
      let isUsed = cameras.last?.place == place || values.last?.place == place
      names.append(isUsed ? key : "\(key) \(facts.words)")
    }
    return EpisodeDescription(
      instruction: try Instruction.find(in: file, demonstration: group), length: actions.rows,
      cameras: cameras, values: values, place: "\(group)/obs", names: names)
  }

  package func values(_ values: RecordedValues, of episode: Int) throws(VLMError) -> [Double] {
    try arrays[episodes[episode].file].numbers(values.place, rows: 0..<values.rows)
  }

  /// From the model's XML that robosuite's recorders write beside the states.
  package func scene(of episode: Int) throws(VLMError) -> SceneState {
    let model = try model(
      of: episode, .datasetScene, instead: ", or use what was observed: obs/KEY", MJCF.init(parsing:))
    let place = episodes[episode].place
    let file = arrays[episodes[episode].file]
    let states = try file.facts(of: "\(place)/states")
    guard let states, states.width == model.width else {
      throw VLMError(
        .datasetScene,
        "time, qpos and qvel of the model are \(model.width) numbers, a row of states has \(states?.width ?? 0)",
        file: file.path, tensor: Self.modelFile(place),
        remedy: "they are of different models; copy both from one file")
    }
    return model.scene
  }

  /// Frames are called as the camera of the model is, and `_rgb` (LIBERO) or `_image` (robosuite) behind that.
  package func pinhole(of camera: String, in episode: Int) throws(VLMError) -> PinholeCamera {
    let ending = ["_rgb", "_image"].first { camera.hasSuffix($0) } ?? ""
    return try model(of: episode, .datasetCamera) { text throws(VLMError) in
      try MJCFCameras(parsing: text).camera(named: String(camera.dropLast(ending.count)))
    }
  }

  private static func modelFile(_ place: String) -> String { "\(place)@model_file" }

  /// What `read` makes of the model's XML; `code` and `instead` say what it is for where there is none.
  private func model<Found>(
    of episode: Int, _ code: VLMError.Code, instead: String = "", _ read: (String) throws(VLMError) -> Found
  ) throws(VLMError) -> Found {
    let place = episodes[episode].place
    let file = arrays[episodes[episode].file]
    guard let text = try file.text(attribute: "model_file", of: place) else {
      throw VLMError(
        code, "there is no such text, which describes the simulated scene", file: file.path,
        tensor: Self.modelFile(place),
        remedy: "copy it from the file that this one was made from" + instead)
    }
    do { return try read(text) } catch {
      var error = error
      (error.file, error.tensor) = (file.path, Self.modelFile(place))
      error.remedy = error.remedy ?? "it is damaged: copy it from the file that this one was made from"
      throw error
    }
  }

  package func frames(
    _ camera: RecordedCamera, rows: [Int], of episode: Int
  ) throws(VLMError) -> [RGBImage] {
    guard let stored = camera.stored else { preconditionFailure("\(camera.place) is not of this recording") }
    return try stored.frames(camera, rows: rows, in: arrays[episodes[episode].file])
  }

  package func orientation(of camera: String, in episodes: [Int]) throws(VLMError) -> RecordedOrientation {
    let used = Set(episodes.map { self.episodes[$0].file }).sorted()
    return try ImageConvention.recorded(in: used.map { arrays[$0] }, camera: camera)
  }

  /// LIBERO records an observation after the action of its row, robomimic and whoever made LIBERO's files anew before;
  /// no file says which.
  package func lag(of camera: String) -> RecordedLag {
    .undetermined(fallback: camera.hasSuffix("_rgb") ? 1 : 0)
  }

  /// Three of translation, three of rotation, the gripper.
  private static func actionColumns(_ width: Int) -> [String] {
    let names = ["dx", "dy", "dz", "drx", "dry", "drz", "gripper"]
    return width == names.count ? names : (0..<width).map { "action[\($0)]" }
  }
}

extension DemonstrationVocabulary {
  /// LIBERO's names, then robomimic's, which are robosuite's own.
  static let robosuite = DemonstrationVocabulary(
    frames: "frames (T, H, W, 3) of bytes", workspaceCameras: ["agentview_rgb", "agentview_image"],
    observations: [
      .endEffectorPosition: ["ee_pos", "robot0_eef_pos"], .endEffectorQuaternion: ["robot0_eef_quat"],
      .endEffectorAxisAngle: ["ee_ori"], .endEffectorPose: ["ee_states"],
      .gripper: ["gripper_states", "robot0_gripper_qpos"], .joints: ["joint_states", "robot0_joint_pos"],
    ], proprioceptivePrefixes: ["ee_", "robot0_", "joint", "gripper"], positionEndings: ["_pos"],
    displacementMarks: ["_to_"])
}

extension DemonstrationFormat {
  static let robosuiteHDF5 = DemonstrationFormat(
    title: "LIBERO or robomimic HDF5", forms: "a file or a folder of them",
    marks: "episodes as /data/demo_N with obs and actions",
    refusal: { place in
      do throws(VLMError) {
        // One file tells, the first that can be read; what is wrong with another is said when it is opened.
        var refusal: VLMError?
        for path in try hdf5Files(place).prefix(8) {
          do throws(VLMError) {
            _ = try HDF5Demonstrations.listing(HDF5ArrayFile(path), 0)
            return nil
          } catch { refusal = refusal ?? error }
        }
        return refusal
      } catch { return error }
    },
    open: { place, reading throws(VLMError) in
      try reading.requireNoFields(place)
      var files: [any ArrayFile] = []
      var damaged: [LeftOut] = []
      for path in try hdf5Files(place) {
        do throws(VLMError) {
          let file = try HDF5ArrayFile(path)
          if reading.skipsDamaged { _ = try HDF5Demonstrations.listing(file, 0) }
          files.append(file)
        } catch {
          guard reading.skipsDamaged, error.isDamage else { throw error }
          damaged.append(LeftOut(damaged: path, error))
        }
      }
      return try HDF5Demonstrations(files, path: place.path, damaged: damaged)
    })

  private static func hdf5Files(_ place: DatasetPlace) throws(VLMError) -> [String] {
    guard place.isFolder else { return [place.path] }
    let files = place.files(endingIn: [".hdf5", ".h5"])
    guard !files.isEmpty else {
      throw VLMError(
        .datasetNotFound, "the folder holds no *.hdf5 or *.h5", file: place.path,
        remedy: "it holds \(list(place.names)); give a folder of LIBERO or robomimic files")
    }
    return files
  }
}
