internal import Files
package import Images
package import Tensors

/// CALVIN: windows of teleoperated play that were annotated with an instruction; `formats/containers/npz.md`.
///
/// An episode is a window. Windows of one play may share frames, so `RecordedEpisode.group` is the play. Files are the splits'
/// folders; `part(named:)` knows them, and without it all are read.
package struct CALVINDemonstrations: DemonstrationSource {
  package let path: String
  package let files: [String]
  package let episodes: [RecordedEpisode]
  package let damaged: [LeftOut]
  package let vocabulary = DemonstrationVocabulary.calvin
  private let splits: [CALVINSplit]
  private let action: Action
  /// Window of its split, by episode.
  private let windows: [CALVINSplit.Window]

  /// Which of the two recorded actions is the action.
  package enum Action: String, Sendable, CaseIterable {
    /// Way of the hand to the next frame, times 50 (metres) and 20 (radians), within -1 and 1: what policies are trained on.
    case relative = "rel_actions"
    /// Where the hand should be, in the world.
    case absolute = "actions"
  }

  /// Lists the windows of a split, or of `training` and `validation` below it; `skipsDamaged`: whether a split that cannot be listed
  /// is left out.
  package init(
    _ place: DatasetPlace, action: Action = .relative, skipsDamaged: Bool = false
  ) throws(VLMError) {
    var splits: [CALVINSplit] = []
    var damaged: [LeftOut] = []
    for folder in try Self.folders(in: place) {
      do throws(VLMError) {
        splits.append(try CALVINSplit(folder))
      } catch {
        guard skipsDamaged, error.isDamage else { throw error }
        damaged.append(LeftOut(damaged: error.file ?? folder, error))
      }
    }
    self.damaged = damaged
    path = place.path
    files = splits.map(\.path)
    self.splits = splits
    self.action = action
    windows = splits.flatMap(\.windows)
    episodes = splits.enumerated().flatMap { file, split in
      split.windows.enumerated().map { number, window in
        RecordedEpisode(
          file: file, name: "\(split.name)_\(number)",
          place: "frames \(window.frames.lowerBound) to \(window.frames.upperBound)",
          lacks: RecordedText.cleaned(window.instruction)?.contains(where: \.isLetter) == true
            ? nil : "an instruction",
          group: "play \(window.play)")
      }
    }
  }

  static func folders(in place: DatasetPlace) throws(VLMError) -> [String] {
    guard place.isFolder else { throw VLMError(.datasetNotFound, "this is a file", file: place.path) }
    if CALVINSplit.isSplit(place.path) { return [place.path] }
    let below = ["training", "validation"].map(place.path(of:)).filter(CALVINSplit.isSplit)
    guard !below.isEmpty else {
      throw VLMError(
        .datasetNotFound,
        "the folder holds no \(CALVINSplit.playsName), and no training or validation with one",
        file: place.path)
    }
    return below
  }

  package func part(named name: String) throws(VLMError) -> Set<Int> {
    guard let file = splits.firstIndex(where: { $0.name == name }) else {
      throw VLMError(
        .datasetMask, "there is no split \(name)", file: path,
        remedy: "splits in it: \(list(splits.map(\.name)))")
    }
    return Set(episodes.indices.filter { episodes[$0].file == file })
  }

  /// The file of a row's frame.
  private func frame(_ row: Int, of episode: Int) throws(VLMError) -> ZipArchive {
    let split = splits[episodes[episode].file]
    return try ZipArchive(split.file(of: windows[episode].frames.lowerBound + row))
  }

  private func array(_ key: String, of frame: ZipArchive) throws(VLMError) -> NumPyArray {
    guard
      case .array(let array) = try NumPyFile(parsing: frame.read("\(key).npy"), file: frame.path, name: key)
    else {
      throw VLMError(.datasetShape, "it is no array of numbers", file: frame.path, tensor: key)
    }
    return array
  }

  package func describe(_ episode: Int) throws(VLMError) -> EpisodeDescription {
    let recorded = episodes[episode]
    let split = splits[recorded.file]
    if let missing = split.missing(windows[episode]) {
      throw VLMError(
        .datasetIncomplete, "the frame is not there", file: split.file(of: missing), tensor: recorded.place,
        remedy: "copy the file again, or \(recorded.leaveOut)")
    }
    let first = try frame(0, of: episode)
    let length = windows[episode].frames.count
    let names = first.names.filter { $0.hasSuffix(".npy") }.map { String($0.dropLast(4)) }.sorted()
    var cameras: [RecordedCamera] = []
    for name in names where name.hasPrefix("rgb_") {
      let image = try array(name, of: first)
      guard image.type.kind == .numbers(.u8), image.shape.count == 3, image.shape[2] == 3, image.count > 0
      else { continue }
      cameras.append(
        RecordedCamera(
          name: name, place: "\(recorded.place)/\(name)", frames: length, height: image.shape[0],
          width: image.shape[1]))
    }
    var values: [RecordedValues] = []
    for table in CALVINTable.all
    where table.isAction ? table.key == action.rawValue : names.contains(table.key) {
      values.append(
        RecordedValues(
          name: table.name, place: "\(recorded.place)/\(table.name)", role: table.role, rows: length,
          width: table.range.count, columns: table.columns))
    }
    return EpisodeDescription(
      instruction: Chosen(RecordedText.cleaned(windows[episode].instruction) ?? "", "auto_lang_ann.npy"),
      length: length, cameras: cameras, values: values, place: recorded.place,
      names: Set(names + values.map(\.name)).sorted())
  }

  package func values(_ values: RecordedValues, of episode: Int) throws(VLMError) -> [Double] {
    guard
      let table = CALVINTable.all.first(where: {
        $0.role == values.role && values.place.hasSuffix("/\($0.name)")
      })
    else {
      preconditionFailure("\(values.place) is not of this recording")
    }
    var rows: [Double] = []
    for row in 0..<values.rows {
      let frame = try frame(row, of: episode)
      let array = try array(table.key, of: frame)
      guard array.shape == [table.width], let numbers = array.doubles else {
        throw VLMError(
          .datasetShape, "it has the shape \(array.shape), not [\(table.width)] numbers", file: frame.path,
          tensor: table.key, remedy: "the frame is damaged, or \(episodes[episode].leaveOut)")
      }
      rows += numbers[table.range]
    }
    return rows
  }

  package func frames(
    _ camera: RecordedCamera, rows: [Int], of episode: Int
  ) throws(VLMError) -> [RGBImage] {
    var images: [RGBImage] = []
    for row in rows {
      let frame = try frame(row, of: episode)
      let array = try array(camera.name, of: frame)
      guard array.shape == [camera.height, camera.width, 3], let pixels = array.octets else {
        throw VLMError(
          .datasetShape,
          "it has the shape \(array.shape), the first frame \(camera.height) x \(camera.width) x 3 bytes",
          file: frame.path, tensor: camera.name,
          remedy: "the frame is damaged, or \(episodes[episode].leaveOut)")
      }
      images.append(RGBImage(width: camera.width, height: camera.height, pixels: pixels))
    }
    return images
  }

  package func orientation(of camera: String, in episodes: [Int]) -> RecordedOrientation {
    RecordedOrientation(fallback: Chosen(.asStored, "CALVIN's simulator renders the top row first"))
  }

  package func lag(of camera: String) -> RecordedLag {
    .known(RowLag(rows: 0, evidence: "a frame's file has what was seen and the action that followed"))
  }
}

extension DemonstrationFormat {
  static let calvin = DemonstrationFormat(
    title: "CALVIN", forms: "a folder with training and validation, or one of them",
    marks: "\(CALVINSplit.playsName), episode_*.npz and lang_annotations",
    refusal: { place in
      do throws(VLMError) {
        _ = try CALVINDemonstrations.folders(in: place)
        return nil
      } catch { return error }
    },
    open: { place, reading throws(VLMError) in
      try reading.requireNoFields(place)
      return try CALVINDemonstrations(place, skipsDamaged: reading.skipsDamaged)
    })
}
