internal import Files
internal import Foundation
package import Images
package import Tensors

/// minecraft-vla-sft of JARVIS-VLA: Parquet tables of frames, requests and the keys that were pressed.
///
/// A row is one frame and its action, in no order; the rows of one trajectory with one task are an episode, by the numbers of
/// their frames. Numbers may be left out: `frame` has them. Opening reads names and labels of all rows, and no frame.
package struct MinecraftDemonstrations: DemonstrationSource {
  package let path: String
  package let files: [String]
  package let episodes: [RecordedEpisode]
  package let damaged: [LeftOut]
  package let vocabulary = DemonstrationVocabulary(
    frames: "pictures (image_bytes, JPEG or PNG)", workspaceCameras: [Self.camera], observations: [:])
  private let tables: [MinecraftTable]
  /// By episode.
  private let contents: [Contents]
  private let splits: [String]

  private static let camera = "image"
  private static let frame = "frame"

  /// Where the rows of an episode stand, in the order of their frames.
  private struct Contents {
    let split: String
    let task: String
    var rows: [(table: Int, row: Int, frame: Int)] = []
  }

  private struct Key: Hashable {
    let split: String
    let trajectory: String
    let task: String
  }

  /// Lists the episodes in the tables at `place`; `skipsDamaged`: whether one that cannot be listed is left out.
  package init(_ place: DatasetPlace, skipsDamaged: Bool = false) throws(VLMError) {
    let paths = try Self.tables(in: place)
    var tables: [MinecraftTable] = []
    var found: [Key: Contents] = [:]
    var damaged: [LeftOut] = []
    for path in paths {
      let table: MinecraftTable
      let entries: [MinecraftTable.Entry]
      do throws(VLMError) {
        table = try MinecraftTable(path)
        entries = try table.entries()
      } catch {
        guard skipsDamaged, error.isDamage else { throw error }
        damaged.append(LeftOut(damaged: path, error))
        continue
      }
      let split = Self.split(of: path)
      for entry in entries {
        let key = Key(split: split, trajectory: entry.trajectory, task: entry.task)
        found[key, default: Contents(split: split, task: entry.task)].rows.append(
          (tables.count, entry.row, entry.frame))
      }
      tables.append(table)
    }
    let keys = found.keys.sorted { ($0.split, $0.trajectory, $0.task) < ($1.split, $1.trajectory, $1.task) }
    var contents: [Contents] = []
    var episodes: [RecordedEpisode] = []
    for key in keys {
      var one = found[key]!
      one.rows.sort { $0.frame < $1.frame }
      if let (twice, _) = zip(one.rows.dropFirst(), one.rows).first(where: { $0.frame == $1.frame }) {
        throw tables[twice.table].failure(
          .datasetInconsistent, "frame \(twice.frame) of \(key.trajectory) is there twice", "id",
          row: twice.row)
      }
      let name = [key.split, key.trajectory, Self.words(key.task).replacing(" ", with: "_")].filter {
        !$0.isEmpty
      }
      .joined(separator: "_")
      episodes.append(RecordedEpisode(file: 0, name: name, place: name, group: key.trajectory))
      contents.append(one)
    }
    guard Set(episodes.map(\.name)).count == episodes.count else {
      throw VLMError(.datasetInconsistent, "two episodes would have one name", file: place.path)
    }
    path = place.path
    files = [place.path]
    self.damaged = damaged
    splits = Set(contents.map(\.split)).sorted()
    self.tables = tables
    self.contents = contents
    self.episodes = episodes
  }

  /// Paths of the tables: of the file, or those in the folder or in `data`, as the hub has them.
  static func tables(in place: DatasetPlace) throws(VLMError) -> [String] {
    var paths =
      place.isFolder ? place.files(endingIn: [".parquet"]) : [place.path].filter { $0.hasSuffix(".parquet") }
    if paths.isEmpty, place.names.contains("data") {
      paths = try DatasetPlace(place.path + "/data").files(endingIn: [".parquet"])
    }
    guard !paths.isEmpty else {
      throw VLMError(.datasetNotFound, "there is no table *.parquet", file: place.path)
    }
    return paths
  }

  /// `train` of `train-00000-of-00216.parquet`.
  private static func split(of path: String) -> String {
    path.lastPathPart.firstMatch(of: /^([A-Za-z]+)-[0-9]+-of-[0-9]+/).map { String($0.1) } ?? ""
  }

  private static func words(_ task: String) -> String {
    RecordedText.cleaned(task.replacing("_", with: " ").replacing(":", with: " ")) ?? ""
  }

  package func part(named split: String) throws(VLMError) -> Set<Int> {
    guard !split.isEmpty, splits.contains(split) else {
      throw VLMError(
        .datasetMask, "there is no split \(split)", file: path, remedy: "splits in it: \(list(splits))")
    }
    return Set(contents.indices.filter { contents[$0].split == split })
  }

  package func describe(_ episode: Int) throws(VLMError) -> EpisodeDescription {
    let (recorded, one) = (episodes[episode], contents[episode])
    let first = one.rows[0]
    let size = try tables[first.table].size(row: first.row)
    let length = one.rows.count
    let instruction: Chosen<String>
    if !Self.words(one.task).isEmpty {
      instruction = Chosen(Self.words(one.task), "the task among its labels")
    } else {
      let request = try tables[first.table].request(row: first.row)
      instruction = Chosen(
        RecordedText.cleaned(request) ?? "", "the request of its first frame, since no label is a task")
    }
    return EpisodeDescription(
      instruction: instruction, length: length,
      cameras: [
        RecordedCamera(
          name: Self.camera, place: "\(recorded.place)/image_bytes", frames: length, height: size.height,
          width: size.width)
      ],
      values: [
        RecordedValues(
          name: "action", place: "\(recorded.place)/conversations", role: .action, rows: length,
          width: MinecraftAction.columns.count, columns: MinecraftAction.columns),
        RecordedValues(
          name: Self.frame, place: "\(recorded.place)/id", role: .other, rows: length, width: 1),
      ], place: recorded.place, names: [Self.frame, Self.camera],
      lacksInstruction: instruction.value.contains(where: \.isLetter) ? nil : "an instruction")
  }

  package func values(_ values: RecordedValues, of episode: Int) throws(VLMError) -> [Double] {
    let rows = contents[episode].rows
    guard values.role == .action else { return rows.map { Double($0.frame) } }
    var actions: [Double] = []
    for (table, run) in runs(rows.map { ($0.table, $0.row) }) {
      actions += try tables[table].actions(rows: run)
    }
    return actions
  }

  package func frames(
    _ camera: RecordedCamera, rows: [Int], of episode: Int
  ) throws(VLMError) -> [RGBImage] {
    let all = contents[episode].rows
    var frames: [RGBImage] = []
    for (table, run) in runs(rows.map { (all[$0].table, all[$0].row) }) {
      frames += try tables[table].frames(rows: run, width: camera.width, height: camera.height)
    }
    return frames
  }

  /// Rows that follow each other in one table, together.
  private func runs(_ rows: [(table: Int, row: Int)]) -> [(table: Int, rows: Range<Int>)] {
    var runs: [(table: Int, rows: Range<Int>)] = []
    for (table, row) in rows {
      if let last = runs.last, last.table == table, last.rows.upperBound == row {
        runs[runs.count - 1].rows = last.rows.lowerBound..<row + 1
      } else {
        runs.append((table, row..<row + 1))
      }
    }
    return runs
  }

  package func orientation(of camera: String, in episodes: [Int]) -> RecordedOrientation {
    RecordedOrientation(
      fallback: Chosen(.asStored, "assumed, since the game's frames are stored as they were seen"))
  }

  package func lag(of camera: String) -> RecordedLag {
    .known(RowLag(rows: 0, evidence: "a row has a frame and the action that follows it"))
  }
}

extension DemonstrationFormat {
  static let minecraft = DemonstrationFormat(
    title: "minecraft-vla-sft",
    forms: "a Parquet table or a folder of them, all splits unless --mask names one",
    marks: "tables *.parquet with id, label, conversations and image_bytes",
    refusal: { place in
      do throws(VLMError) {
        // One table tells, the first that can be read; what is wrong with another is said when it is opened.
        var refusal: VLMError?
        for path in try MinecraftDemonstrations.tables(in: place).prefix(8) {
          do throws(VLMError) {
            _ = try MinecraftTable(path)
            return nil
          } catch { refusal = refusal ?? error }
        }
        throw refusal!
      } catch {
        // Tables of something else are in another format; damaged ones might be in this.
        guard error.code == .parquetColumn else { return error }
        return VLMError(.datasetNotFound, error.message, file: error.file, tensor: error.tensor)
      }
    },
    open: { place, reading throws(VLMError) in
      try reading.requireNoFields(place)
      return try MinecraftDemonstrations(place, skipsDamaged: reading.skipsDamaged)
    })
}
