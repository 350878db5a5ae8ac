internal import Files
internal import Foundation
package import Images
package import Tensors

/// A LeRobot data set, versions 2.0, 2.1 and 3.x: a table of rows, frames in MP4 files or in the table.
///
///     meta/info.json  meta/episodes/… or meta/episodes.jsonl  data/…parquet  videos/…mp4
///
/// Opening reads `meta/` alone. Rows are checked as they are read: that they are the episode's and in order, and that each
/// row's frame stands where its time says, as LeRobot's own reader does; so a shift of frames is an error, never silent.
package struct LeRobotDemonstrations: DemonstrationSource {
  package let path: String
  package let files: [String]
  package let episodes: [RecordedEpisode]
  package let vocabulary: DemonstrationVocabulary
  private let info: LeRobotInfo
  private let recorded: [LeRobotEpisode]
  private let action: LeRobotInfo.Feature
  private let cameras: [LeRobotInfo.Feature]
  private let parts: [LeRobotPart]
  private let cache = OpenFiles()

  /// A time may be off by as much and still mean the frame: seconds, LeRobot's `tolerance_s`.
  private static let tolerance = 1e-4
  private static let environmentState = "observation.environment_state"

  /// - Parameters:
  ///   - path: the folder that has `meta/`.
  ///   - wanted: the feature with the actions, where there are several.
  package init(_ path: String, action wanted: String? = nil) throws(VLMError) {
    self.path = path
    files = [path]
    info = try LeRobotInfo(path)
    recorded = try info.episodes()
    episodes = recorded.map { episode in
      RecordedEpisode(
        file: 0, name: "episode_\(episode.index)", place: "episode \(episode.index)",
        lacks: episode.length <= 0 ? "rows" : nil)
    }
    let numbers = info.features.filter { $0.kind == .numbers }
    let actions = numbers.filter { $0.name == "action" || $0.name.hasPrefix("action.") }
    guard
      let action = wanted.map({ name in numbers.first { $0.name == name } })
        ?? actions.first(where: { $0.name == "action" }) ?? (actions.count == 1 ? actions[0] : nil)
    else {
      let message =
        wanted.map { "there is no feature \($0)" }
        ?? (actions.isEmpty
          ? "there is no feature action" : "there are several actions, and none of them named action")
      throw VLMError(
        .datasetKeyMissing, message, file: info.file, tensor: "features",
        remedy: "choose one with --action-field: \(list((actions.isEmpty ? numbers : actions).map(\.name)))")
    }
    self.action = action
    cameras = info.features.filter { $0.kind == .video || $0.kind == .images }
    let parts = numbers.filter { Self.isOfTheRobot($0.name) }.flatMap(LeRobotPart.all)
    self.parts = parts
    func names(_ role: ValueRole) -> [String] { parts.filter { $0.role == role }.map(\.name) }
    let workspace = [
      "top", "front", "image", "agentview", "exterior_1_left", "cam_high", "base_0_rgb", "main", "primary",
    ]
    vocabulary = DemonstrationVocabulary(
      frames: "videos or images",
      workspaceCameras: workspace.flatMap { ["observation.images.\($0)", "observation.\($0)"] },
      observations: [
        .endEffectorPosition: ["observation.ee_pos", "observation.eef_pos"] + names(.endEffectorPosition),
        .endEffectorQuaternion: ["observation.ee_quat", "observation.eef_quat"]
          + names(.endEffectorQuaternion),
        .endEffectorAxisAngle: ["observation.ee_ori"] + names(.endEffectorAxisAngle),
        .endEffectorPose: ["observation.ee_states"],
        .gripper: ["observation.gripper_states", "observation.gripper"] + names(.gripper),
        .joints: ["observation.joint_states", "observation.joints"] + names(.joints),
      ],
      proprioceptivePrefixes: Self.proprioceptivePrefixes, positionEndings: ["_pos", "_position"], displacementMarks: ["_to_"])
  }

  private static let proprioceptivePrefixes = [
    "observation.state", "observation.ee", "observation.joint", "observation.gripper", "observation.velocity", "observation.effort",
  ]

  /// Whether a feature is the robot's own. One of an object has columns x, y, z too, and is no end effector.
  private static func isOfTheRobot(_ name: String) -> Bool { proprioceptivePrefixes.contains(where: name.hasPrefix) }

  private static func instructionLack(in episode: LeRobotEpisode) -> String? {
    let tasks = Set(episode.tasks.filter { $0.contains(where: \.isLetter) })
    switch tasks.count {
    case 0: return "an instruction"
    case 1: return nil
    default: return "one instruction (it has \(tasks.count))"
    }
  }

  /// `splits` of `meta/info.json`: `0:80`.
  package func part(named name: String) throws(VLMError) -> Set<Int> {
    guard let range = info.splits[name] else {
      throw VLMError(
        .datasetMask, "there is no split \(name)", file: info.file,
        remedy: "splits in it: \(list(Array(info.splits.keys)))")
    }
    let ends = range.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
    guard ends.count == 2, let first = ends[0], let end = ends[1], first >= 0, first <= end,
      end <= episodes.count
    else {
      throw VLMError(
        .datasetMask, "the split \(name) is \(range), not part of 0:\(episodes.count)", file: info.file,
        tensor: "splits.\(name)")
    }
    return Set(first..<end)
  }

  package func describe(_ episode: Int) throws(VLMError) -> EpisodeDescription {
    let recorded = recorded[episode]
    var values: [RecordedValues] = []
    for feature in info.features where feature.kind == .numbers {
      let role: ValueRole
      if feature.name == action.name {
        role = .action
      } else if feature.name == Self.environmentState {
        role = .simulatorState
      } else if feature.name.hasPrefix("observation.") {
        role = vocabulary.role(of: feature.name)
      } else {
        // Time, numbers of rows and episodes, rewards.
        continue
      }
      values.append(
        RecordedValues(
          name: feature.name, place: feature.name, role: role, rows: recorded.length, width: feature.width,
          columns: Self.distinct(feature.names)))
    }
    for part in parts {
      let whole = values.first {
        part.name.hasPrefix($0.name + ".") && $0.columns.count > part.columns.max()!
      }!
      values.append(
        RecordedValues(
          name: part.name, place: whole.place, role: part.role, rows: recorded.length,
          width: part.columns.count,
          columns: part.columns.map { whole.columns[$0] }))
    }
    let cameras = try self.cameras.map { (camera) throws(VLMError) in
      let size = try camera.frameSize(in: info.file)
      return RecordedCamera(
        name: camera.name, place: camera.name, frames: recorded.length, height: size.height, width: size.width
      )
    }
    return EpisodeDescription(
      instruction: Chosen(
        recorded.tasks.first { $0.contains(where: \.isLetter) } ?? "", "the episode's task"),
      length: recorded.length, cameras: cameras, values: values.sorted { $0.name < $1.name },
      place: episodes[episode].place, names: (info.features.map(\.name) + parts.map(\.name)).sorted(),
      lacksInstruction: Self.instructionLack(in: recorded))
  }

  /// Names of columns that differ; `gripper, gripper` become `gripper, gripper[1]`.
  private static func distinct(_ names: [String]?) -> [String]? {
    var seen: [String: Int] = [:]
    return names?.map { name in
      seen[name, default: -1] += 1
      return seen[name]! == 0 ? name : "\(name)[\(seen[name]!)]"
    }
  }

  // MARK: Rows

  package func values(_ values: RecordedValues, of episode: Int) throws(VLMError) -> [Double] {
    let table = try rows(of: episode)
    let whole = try table.numbers(values.place)
    guard let part = parts.first(where: { $0.name == values.name }) else { return whole }
    let width = whole.count / max(values.rows, 1)
    return (0..<values.rows).flatMap { row in part.columns.map { whole[row * width + $0] } }
  }

  /// The rows of an episode, found to be its own and in order.
  private func rows(of episode: Int) throws(VLMError) -> LeRobotRows {
    let recorded = recorded[episode]
    return try LeRobotRows(
      recorded, in: cache.table(recorded.data), features: info.features, place: episodes[episode].place)
  }

  // MARK: Frames

  package func frames(
    _ camera: RecordedCamera, rows: [Int], of episode: Int
  ) throws(VLMError) -> [RGBImage] {
    guard !rows.isEmpty else { return [] }
    let table = try self.rows(of: episode)
    guard let frames = recorded[episode].videos[camera.name] else {
      return try table.images(camera, rows: rows)
    }
    let index = try cache.video(frames.file)
    func refusal(_ message: String) -> VLMError { misplaced(message, frames, episode, camera.name) }
    guard index.height == camera.height, index.width == camera.width else {
      throw refusal(
        "frames are \(index.height) x \(index.width), meta/info.json says \(camera.height) x \(camera.width)")
    }
    try checkPlace(frames, of: episode, index, refusal)
    let times = try table.numbers("timestamp")
    let wanted = try rows.map { (row) throws(VLMError) in
      let time = frames.from + times[row]
      let frame = index.frame(nearest: time)
      let off = abs(index.times[frame] - time)
      // What a float32 of that size can tell apart comes on top.
      guard off <= Self.tolerance + time.magnitude * 1e-7 else {
        throw refusal(
          "row \(row) is at \(Self.seconds(time)) of the video, and the nearest frame \(Self.seconds(off)) from there"
        )
      }
      return frame
    }
    for (before, after) in zip(wanted, wanted.dropFirst()) where before >= after {
      throw refusal("two rows are at the same frame of the video")
    }
    var images: [RGBImage] = []
    images.reserveCapacity(rows.count)
    try VideoDecoder.frames(wanted, of: frames.file, index) { (bytes) throws(VLMError) in
      images.append(RGBImage(width: index.width, height: index.height, pixels: Array(bytes)))
    }
    return images
  }

  /// The file has as many frames as its episodes have rows, and the episode's are where its times say.
  private func checkPlace(
    _ frames: LeRobotEpisode.Frames, of episode: Int, _ index: VideoIndex, _ refusal: (String) -> VLMError
  ) throws(VLMError) {
    let length = recorded[episode].length
    guard index.times.count == frames.total else {
      throw refusal("the video has \(index.times.count) frames, but its episodes have \(frames.total) rows")
    }
    let first = index.frame(nearest: frames.from)
    guard first == frames.first else {
      throw refusal(
        "it begins at \(Self.seconds(frames.from)), frame \(first) of the video, and the episodes before it end at frame "
          + "\(frames.first)")
    }
    // `to` is where the next episode begins.
    let next = first + length
    let end = next < index.times.count ? index.times[next] : index.times.last! + 1 / info.fps
    guard abs(end - frames.to) < 0.5 / info.fps else {
      throw refusal(
        "its \(length) frames end at \(Self.seconds(end)) of the video, the episode at \(Self.seconds(frames.to))"
      )
    }
  }

  private func misplaced(
    _ message: String, _ frames: LeRobotEpisode.Frames, _ episode: Int, _ camera: String
  ) -> VLMError {
    VLMError(
      .datasetInconsistent, message, file: frames.file, tensor: "\(episodes[episode].place), \(camera)",
      remedy:
        "the frames are not those of the rows: record or convert the data set again, or \(episodes[episode].leaveOut)"
    )
  }

  private static func seconds(_ time: Double) -> String { String(format: "%.4f s", time) }

  // MARK: What is known

  package var rate: Double? { info.fps }

  /// Times of rows against the rate, and of every camera whether the episode's frames are where they should be.
  package func examine(_ episode: Int) throws(VLMError) -> [String] {
    let table = try rows(of: episode)
    for (camera, frames) in recorded[episode].videos.sorted(by: { $0.key < $1.key }) {
      let index = try cache.video(frames.file)
      try checkPlace(frames, of: episode, index) { (message) in misplaced(message, frames, episode, camera) }
    }
    let off = try table.numbers("timestamp").enumerated().map { abs($1 - Double($0) / info.fps) }
    guard let worst = off.indices.max(by: { off[$0] < off[$1] }),
      off[worst] > Self.tolerance + Double(worst) / info.fps * 1e-7
    else { return [] }
    return ["row \(worst) is \(Self.seconds(off[worst])) off the rate of \(info.fps) a second"]
  }

  package func orientation(of camera: String, in episodes: [Int]) throws(VLMError) -> RecordedOrientation {
    RecordedOrientation(
      silent: files, fallback: Chosen(.asStored, "LeRobot's recorders store frames as the camera gives them"))
  }

  package func lag(of camera: String) -> RecordedLag {
    .known(
      RowLag(rows: 0, evidence: "a row of LeRobot has what was seen and the action that was taken then"))
  }
}

extension DemonstrationFormat {
  static let leRobot = DemonstrationFormat(
    title: "LeRobot 2 and 3", forms: "a folder or hf://datasets/ORG/NAME",
    marks: "meta/info.json and data/*.parquet",
    refusal: { place in
      guard place.names.contains("meta") else {
        return VLMError(.datasetNotFound, "there is no meta/info.json", file: place.path)
      }
      do throws(VLMError) {
        _ = try LeRobotInfo(place.path)
        return nil
      } catch { return error }
    },
    open: { place, reading throws(VLMError) in
      if let field = reading.instructionField {
        throw VLMError(
          .datasetOption, "an instruction is an episode's task here: \(field) is not asked for",
          file: place.path,
          remedy: "leave out --instruction-field")
      }
      return try LeRobotDemonstrations(place.path, action: reading.actionField)
    })
}
