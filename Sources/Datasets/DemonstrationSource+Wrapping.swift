package import Images
package import Tensors

/// A source that says something about another one in other words, and the rest in the same.
package protocol DemonstrationWrapper: DemonstrationSource {
  var base: any DemonstrationSource { get }
}

extension DemonstrationWrapper {
  package var path: String { base.path }
  package var files: [String] { base.files }
  package var episodes: [RecordedEpisode] { base.episodes }
  package var vocabulary: DemonstrationVocabulary { base.vocabulary }
  package var damaged: [LeftOut] { base.damaged }
  package var rate: Double? { base.rate }
  package var isOfImages: Bool { base.isOfImages }
  package var sampling: String? { base.sampling }

  package func part(named name: String) throws(VLMError) -> Set<Int> { try base.part(named: name) }

  package func describe(_ episode: Int) throws(VLMError) -> EpisodeDescription { try base.describe(episode) }

  package func values(_ values: RecordedValues, of episode: Int) throws(VLMError) -> [Double] {
    try base.values(values, of: episode)
  }

  package func examine(_ episode: Int) throws(VLMError) -> [String] { try base.examine(episode) }

  package func scene(of episode: Int) throws(VLMError) -> SceneState { try base.scene(of: episode) }

  package func pinhole(of camera: String, in episode: Int) throws(VLMError) -> PinholeCamera {
    try base.pinhole(of: camera, in: episode)
  }

  package func frames(
    _ camera: RecordedCamera, rows: [Int], of episode: Int
  ) throws(VLMError) -> [RGBImage] { try base.frames(camera, rows: rows, of: episode) }

  package func orientation(of camera: String, in episodes: [Int]) throws(VLMError) -> RecordedOrientation {
    try base.orientation(of: camera, in: episodes)
  }

  package func lag(of camera: String) -> RecordedLag { base.lag(of: camera) }
}

/// Any source with its frames upright.
package struct UprightSource: DemonstrationWrapper {
  package let base: any DemonstrationSource
  private let stored: ImageOrientation

  /// - Parameter stored: how `base` has its frames.
  package init(_ base: any DemonstrationSource, stored: ImageOrientation) {
    self.base = base
    self.stored = stored
  }

  package func frames(
    _ camera: RecordedCamera, rows: [Int], of episode: Int
  ) throws(VLMError) -> [RGBImage] {
    try base.frames(camera, rows: rows, of: episode).map(stored.upright)
  }

  package func orientation(of camera: String, in episodes: [Int]) -> RecordedOrientation {
    RecordedOrientation(fallback: Chosen(.asStored, "turned upright"))
  }
}

/// Any source with rows that belong together: frame, state and the action that follows stand in one row.
///
/// The last rows, whose state or action is past the end, are gone; the action that led to a row is a value of its own.
package struct AlignedSource: DemonstrationWrapper {
  package let base: any DemonstrationSource
  private let lag: Int

  /// - Parameter lag: rows by which states and actions of `base` run ahead of its frames.
  package init(_ base: any DemonstrationSource, lag: Int) {
    self.base = base
    self.lag = lag
  }

  package func describe(_ episode: Int) throws(VLMError) -> EpisodeDescription {
    aligned(try base.describe(episode))
  }

  /// The description that an episode has here, where `base` gives it that one.
  func aligned(_ description: EpisodeDescription) -> EpisodeDescription {
    var values = description.values
    values += values.filter { $0.role == .action }.map { $0.recast(.previousAction) }
    for index in values.indices { values[index].rows -= lag }
    return EpisodeDescription(
      instruction: description.instruction, length: description.length - lag,
      cameras: description.cameras.map { $0.counted($0.frames - lag) }, values: values,
      place: description.place, names: description.names,
      lacksInstruction: description.lacksInstruction)
  }

  /// - Throws: `datasets.array.not-finite` for a value anywhere in the recording, in use or not.
  package func values(_ values: RecordedValues, of episode: Int) throws(VLMError) -> [Double] {
    var recorded = values.role == .previousAction ? values.recast(.action) : values
    recorded.rows += lag
    let table = try base.values(recorded, of: episode)
    let width = values.width
    if let bad = table.firstIndex(where: { !$0.isFinite }) {
      throw VLMError(
        .datasetNotFinite, "row \(bad / width), column \(bad % width) is \(table[bad])",
        file: files[episodes[episode].file], tensor: values.place,
        remedy: "repair it, or \(episodes[episode].leaveOut)")
    }
    let first =
      switch values.role {
      case .action, .simulatorState: lag
      case .previousAction: lag - 1
      default: 0
      }
    let start = [Double](repeating: 0, count: max(0, -first) * width)
    return start + table[max(0, first) * width..<(first + values.rows) * width]
  }

  package func lag(of camera: String) -> RecordedLag { .known(RowLag(rows: 0, evidence: "aligned")) }
}
