internal import Files
internal import Foundation
package import Images
package import Tensors

/// Trajectories as ManiSkill records them, `/traj_N` of an HDF5 file with a JSON file of its name beside.
package struct ManiSkillDemonstrations: DemonstrationSource {
  package let path: String
  package let files: [String]
  package let episodes: [RecordedEpisode]
  package let damaged: [LeftOut]
  package let vocabulary = DemonstrationVocabulary(
    frames: "frames (T + 1, H, W, 3) in obs/sensor_data/CAM/rgb",
    workspaceCameras: ["base_camera", "third_view_camera"],
    observations: [
      .endEffectorPosition: ["extra.tcp_pose.position"], .endEffectorQuaternion: ["extra.tcp_pose.quaternion"],
      .joints: ["agent.qpos"],
    ])
  private let arrays: [HDF5ArrayFile]
  /// By file.
  private let instructions: [Chosen<String>?]

  init(_ place: DatasetPlace, skipsDamaged: Bool) throws(VLMError) {
    var (files, arrays, episodes): ([String], [HDF5ArrayFile], [RecordedEpisode]) = ([], [], [])
    var instructions: [Chosen<String>?] = []
    var damaged: [LeftOut] = []
    for path in try Self.files(in: place) {
      do throws(VLMError) {
        let file = try HDF5ArrayFile(path)
        let names = try Self.trajectories(file)
        let instruction = try Self.instruction(beside: path)
        episodes += names.map { RecordedEpisode(file: files.count, name: $0, place: "/\($0)") }
        files.append(path)
        arrays.append(file)
        instructions.append(instruction)
      } catch {
        guard skipsDamaged, error.isDamage else { throw error }
        damaged.append(LeftOut(damaged: path, error))
      }
    }
    (path, self.files, self.arrays, self.episodes) = (place.path, files, arrays, episodes)
    (self.instructions, self.damaged) = (instructions, damaged)
  }

  static func files(in place: DatasetPlace) throws(VLMError) -> [String] {
    let files = place.isFolder ? place.files(endingIn: [".h5", ".hdf5"]) : [place.path]
    guard !files.isEmpty else {
      throw VLMError(.datasetNotFound, "the folder holds no *.h5 or *.hdf5", file: place.path)
    }
    return files
  }

  static func trajectories(_ file: HDF5ArrayFile) throws(VLMError) -> [String] {
    let names = (try file.members(of: "/") ?? []).filter { $0.hasPrefix("traj_") }
    guard !names.isEmpty else {
      throw VLMError(.datasetNotFound, "there is no group /traj_N", file: file.path)
    }
    return names.sorted(by: RecordedEpisode.areInOrder)
  }

  /// `PickCube-v1` of `env_info.env_id` becomes `pick cube`: ManiSkill's tasks are told nothing else.
  private static func instruction(beside path: String) throws(VLMError) -> Chosen<String>? {
    let stem = path.replacing(/\.(hdf5|h5)$/, with: "")
    let beside = stem + ".json"
    guard FileManager.default.fileExists(atPath: beside) else { return nil }
    let file = try MappedFile(beside)
    guard file.byteCount <= 1 << 28 else {
      throw VLMError(.fileTooLarge, "\(file.byteCount) bytes, at most \(1 << 28) are read", file: beside)
    }
    defer { withExtendedLifetime(file) {} }
    let value = try JSONValue(
      parsing: Data(bytes: file.base, count: file.byteCount), file: beside, code: .jsonSyntax)
    guard let id = value["env_info"]?["env_id"]?.stringValue else { return nil }
    let words = id.replacing(/-v[0-9]+$/, with: "").replacing(/([a-z0-9])([A-Z])/) { "\($0.1) \($0.2)" }
    return RecordedText.cleaned(words.lowercased()).map {
      Chosen($0, "the environment's name in \(beside.lastPathPart)")
    }
  }

  package func part(named name: String) throws(VLMError) -> Set<Int> {
    throw VLMError(
      .datasetMask, "there is no part \(name): such files have none", file: path,
      remedy: "name episodes with --episodes")
  }

  package func describe(_ episode: Int) throws(VLMError) -> EpisodeDescription {
    let recorded = episodes[episode]
    let contents = try EpisodeContents.maniSkill(recorded.place, in: arrays[recorded.file])
    guard contents.length > 0 else {
      throw VLMError(
        .datasetEmpty, "a demonstration of no rows", file: files[recorded.file], tensor: recorded.place,
        remedy: recorded.leaveOut)
    }
    let instruction = instructions[recorded.file]
    return EpisodeDescription(
      instruction: instruction ?? Chosen("", "nothing says"), length: contents.length,
      cameras: contents.cameras, values: contents.tables.map(\.values), place: recorded.place,
      names: contents.names, lacksInstruction: instruction == nil ? "an instruction" : nil)
  }

  package func values(_ values: RecordedValues, of episode: Int) throws(VLMError) -> [Double] {
    let recorded = episodes[episode]
    let file = arrays[recorded.file]
    let tables = try EpisodeContents.maniSkill(recorded.place, in: file).tables
    guard let table = tables.first(where: { $0.values.name == values.name && $0.values.role == values.role })
    else { preconditionFailure("\(values.place) is not of this recording") }
    return try table.numbers(rows: values.rows, in: file)
  }

  package func frames(
    _ camera: RecordedCamera, rows: [Int], of episode: Int
  ) throws(VLMError) -> [RGBImage] {
    guard let stored = camera.stored else { preconditionFailure("\(camera.place) is not of this recording") }
    return try stored.frames(camera, rows: rows, in: arrays[episodes[episode].file])
  }

  package func orientation(of camera: String, in episodes: [Int]) -> RecordedOrientation {
    RecordedOrientation(fallback: Chosen(.asStored, "ManiSkill's simulator renders the top row first"))
  }

  package func lag(of camera: String) -> RecordedLag {
    .known(RowLag(rows: 0, evidence: "an observation stands before the action of its row"))
  }
}

extension DemonstrationFormat {
  static let maniSkill = DemonstrationFormat(
    title: "ManiSkill HDF5", forms: "a file or a folder of them", marks: "trajectories as /traj_N with obs",
    refusal: { place in
      do throws(VLMError) {
        for path in try ManiSkillDemonstrations.files(in: place).prefix(8) {
          guard let file = try? HDF5ArrayFile(path) else { continue }
          _ = try ManiSkillDemonstrations.trajectories(file)
          return nil
        }
        return VLMError(.datasetNotFound, "there is no HDF5 file that can be read", file: place.path)
      } catch { return error }
    },
    open: { place, reading throws(VLMError) in
      try reading.requireNoFields(place)
      return try ManiSkillDemonstrations(place, skipsDamaged: reading.skipsDamaged)
    })
}
