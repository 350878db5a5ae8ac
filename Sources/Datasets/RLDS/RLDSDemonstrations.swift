internal import Files
package import Images
package import Tensors

/// RLDS: a record an episode, as TensorFlow Datasets writes them; `formats/containers/tfrecord.md`.
///
/// Files are shards, in the order of splits; `part(named:)` knows the splits, and without it all are read. Steps are listed by
/// `features.json` alone; an Example has to fit it.
package struct RLDSDemonstrations: DemonstrationSource {
  package let path: String
  package let files: [String]
  package let episodes: [RecordedEpisode]
  package let damaged: [LeftOut]
  package let vocabulary = DemonstrationVocabulary.rlds
  private let folder: TFDSFolder
  private let layout: RLDSLayout
  /// By file; `nil` where it is not there, or left out.
  private let shards: [TFRecordFile?]
  /// Number of the record in its file, by episode.
  private let records: [Int]

  /// Lists the episodes of a data set from the lengths of its records.
  ///
  /// - Parameters:
  ///   - action: the feature below `steps` that is the action, where several may be.
  ///   - instruction: the text below `steps` that the robot is told, where several may be.
  ///   - skipsDamaged: whether a shard that cannot be listed is left out.
  /// - Throws: `datasets.demonstration.incomplete` for a shard that has more or fewer records than it should; the errors of
  ///   `TFRecordFile`; `datasets.*` for a data set of something else.
  package init(
    _ place: DatasetPlace, action: String? = nil, instruction: String? = nil, skipsDamaged: Bool = false
  ) throws(VLMError) {
    let folder = try TFDSFolder(TFDSFolder.find(in: place))
    layout = try RLDSLayout(folder.features(), of: folder, action: action, instruction: instruction)
    var shards: [TFRecordFile?] = []
    var episodes: [RecordedEpisode] = []
    var records: [Int] = []
    var damaged: [LeftOut] = []
    for (file, shard) in folder.shards.enumerated() {
      guard shard.isThere, shard.count > 0 else {
        // One line for all of them: how many a file held that is not there is only said.
        if shard.count > 0 {
          let last = shard.first + (shard.count - 1)
          episodes.append(
            RecordedEpisode(
              file: file, name: "\(shard.split)_\(shard.first)" + (shard.count > 1 ? "-\(last)" : ""),
              place: "\(shard.count) records", lacks: "the file"))
          records.append(0)
        }
        shards.append(nil)
        continue
      }
      do throws(VLMError) {
        shards.append(try Self.listed(shard))
      } catch {
        guard skipsDamaged, error.isDamage else { throw error }
        damaged.append(LeftOut(damaged: shard.path, error))
        shards.append(nil)
        continue
      }
      for record in 0..<shard.count {
        episodes.append(
          RecordedEpisode(
            file: file, name: "\(shard.split)_\(shard.first + record)", place: TFRecordFile.name(record)))
        records.append(record)
      }
    }
    path = place.path
    files = folder.shards.map(\.path)
    self.folder = folder
    self.shards = shards
    self.episodes = episodes
    self.records = records
    self.damaged = damaged
  }

  /// The records of a file, as many as it should have.
  private static func listed(_ shard: TFDSFolder.Shard) throws(VLMError) -> TFRecordFile {
    let found = try TFRecordFile(shard.path)
    guard found.records.count == shard.count else {
      throw VLMError(
        .datasetIncomplete,
        "there are \(found.records.count) records, and \(TFDSFolder.infoName) says \(shard.count)",
        file: shard.path,
        tensor: TFRecordFile.name(min(found.records.count, shard.count)),
        remedy: "episodes are missing or from elsewhere: copy the file again")
    }
    return found
  }

  package func part(named split: String) throws(VLMError) -> Set<Int> {
    guard folder.splits.contains(split) else {
      throw VLMError(
        .datasetMask, "there is no split \(split)", file: path, remedy: "splits in it: \(list(folder.splits))"
      )
    }
    return Set(episodes.indices.filter { folder.shards[episodes[$0].file].split == split })
  }

  private func read(_ episode: Int) throws(VLMError) -> RLDSEpisode {
    let recorded = episodes[episode]
    guard let shard = shards[recorded.file] else {
      throw VLMError(
        .datasetEmpty, "the file is not there", file: files[recorded.file], tensor: recorded.place)
    }
    let record = records[episode]
    let example = try TFExample(
      parsing: shard.record(record), file: shard.path, place: recorded.place,
      offset: shard.records[record].lowerBound)
    return RLDSEpisode(example, recorded, file: shard.path, fileOffset: shard.records[record].lowerBound)
  }

  package func describe(_ episode: Int) throws(VLMError) -> EpisodeDescription {
    let recorded = episodes[episode]
    let steps = try read(episode)
    let length = try steps.rows(of: layout.tables[0].features[0])
    guard length > 0 else {
      throw VLMError(
        .datasetEmpty, "a demonstration of no steps", file: files[recorded.file], tensor: recorded.place,
        remedy: recorded.leaveOut)
    }
    // Rows of every feature are those of the first action, whether they are asked for or not.
    for feature in layout.tables.flatMap(\.features) + layout.cameras {
      try steps.check(feature, rows: length)
    }
    var cameras: [RecordedCamera] = []
    for feature in layout.cameras {
      let size = try steps.size(of: feature)
      cameras.append(
        RecordedCamera(
          name: RLDSLayout.name(feature.path), place: place(feature.path, recorded), frames: length,
          height: size.height, width: size.width))
    }
    let instruction = try self.instruction(steps, rows: length)
    return EpisodeDescription(
      instruction: instruction, length: length, cameras: cameras,
      values: layout.tables.map {
        RecordedValues(
          name: $0.name, place: place($0.place, recorded), role: $0.role, rows: length, width: $0.range.count,
          columns: $0.columns)
      }, place: place("steps/observation", recorded), names: layout.names,
      lacksInstruction: instruction.value.contains(where: \.isLetter) ? nil : "an instruction")
  }

  private func place(_ feature: String, _ episode: RecordedEpisode) -> String {
    "\(episode.place)/\(feature)"
  }

  /// The first step's; where nothing is one, the data set's name.
  private func instruction(_ steps: RLDSEpisode, rows: Int) throws(VLMError) -> Chosen<String> {
    guard let feature = layout.instruction else {
      return Chosen(
        folder.name.replacing("_", with: " "), "the data set's name, since no feature is an instruction")
    }
    try steps.check(feature, rows: rows)
    let text = try steps.text(feature, row: 0)
    let differs = try steps.changes(feature) ? ", although later ones differ" : ""
    return Chosen(RecordedText.cleaned(text) ?? "", "\(feature.path) of the first step\(differs)")
  }

  package func values(_ values: RecordedValues, of episode: Int) throws(VLMError) -> [Double] {
    let recorded = episodes[episode]
    guard let table = layout.tables.first(where: { place($0.place, recorded) == values.place }) else {
      preconditionFailure("\(values.place) is not of this recording")
    }
    let steps = try read(episode)
    var columns: [(values: [Double], width: Int)] = []
    for feature in table.features {
      try steps.check(feature, rows: values.rows)
      columns.append((try steps.numbers(feature), feature.width!))
    }
    var rows: [Double] = []
    rows.reserveCapacity(values.rows * table.range.count)
    for row in 0..<values.rows {
      let all = columns.flatMap { $0.values[row * $0.width..<(row + 1) * $0.width] }
      rows += all[table.range]
    }
    return rows
  }

  package func frames(
    _ camera: RecordedCamera, rows: [Int], of episode: Int
  ) throws(VLMError) -> [RGBImage] {
    guard !rows.isEmpty else { return [] }
    let recorded = episodes[episode]
    guard let feature = layout.cameras.first(where: { place($0.path, recorded) == camera.place }) else {
      preconditionFailure("\(camera.place) is not of this recording")
    }
    let steps = try read(episode)
    var images: [RGBImage] = []
    for row in rows {
      images.append(try steps.image(feature, row: row, width: camera.width, height: camera.height))
    }
    return images
  }

  package func orientation(of camera: String, in episodes: [Int]) -> RecordedOrientation {
    let known = RLDSConvention.of(folder.name)?.orientation
    return RecordedOrientation(
      fallback: Chosen(
        .asStored,
        known ?? "assumed, since RLDS has frames as they were seen; look at a frame, or set --orientation"))
  }

  package func lag(of camera: String) -> RecordedLag {
    .known(RowLag(rows: 0, evidence: "a step of RLDS is an observation and the action that follows it"))
  }
}

extension DemonstrationFormat {
  static let rlds = DemonstrationFormat(
    title: "RLDS", forms: "a folder of TensorFlow Datasets, all splits unless --mask names one",
    marks: "dataset_info.json, features.json with steps, and *.tfrecord-*",
    refusal: { place in
      do throws(VLMError) {
        _ = try TFDSFolder.find(in: place)
        return nil
      } catch { return error }
    },
    open: { place, reading throws(VLMError) in
      try RLDSDemonstrations(
        place, action: reading.actionField, instruction: reading.instructionField,
        skipsDamaged: reading.skipsDamaged)
    })
}
