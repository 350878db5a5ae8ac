package import Images
package import Tensors

/// Recorded demonstrations as one format keeps them; `Demonstrations` selects from any of them.
///
/// Episodes are counted by their place in `episodes`. Rows are the time steps of an episode, from 0; the frames and
/// values of a row stand in one row of the recording, whether or not they belong together (`lag`). Time is counted in rows.
/// Opening reads what
/// is needed to list episodes; the rest is read when asked for, and gives the same each time.
///
/// A new format is a folder with a type of this kind, and a line in `DemonstrationFormat.all`;
/// `DemonstrationSourceConformance` in the tests says when it is done.
package protocol DemonstrationSource: Sendable {
  /// File or folder that was opened.
  var path: String { get }
  /// Files that hold episodes, several in one or one in several: of a folder that is one recording, the folder itself. Their last
  /// parts differ (`--exclude FILE:EPISODE`); `RecordedEpisode.file` counts in them.
  var files: [String] { get }
  /// By file and number.
  var episodes: [RecordedEpisode] { get }
  var vocabulary: DemonstrationVocabulary { get }
  /// Files that were left out when it was opened, for they are damaged; by default none.
  var damaged: [LeftOut] { get }

  /// Episodes of a part that the recording names, such as robomimic's `train` and `valid`.
  ///
  /// - Throws: `datasets.mask.unknown`, with the names there are; where a format knows no parts, always.
  func part(named name: String) throws(VLMError) -> Set<Int>

  /// What an episode holds: reads no more than tells sizes and counts.
  func describe(_ episode: Int) throws(VLMError) -> EpisodeDescription

  /// All rows of values that `describe` lists: [rows, width], row-major.
  func values(_ values: RecordedValues, of episode: Int) throws(VLMError) -> [Double]

  /// What the numbers of the simulator's state of an episode are.
  ///
  /// - Throws: `datasets.scene.unreadable`, or what is wrong with where it stands; by default that nothing says.
  func scene(of episode: Int) throws(VLMError) -> SceneState

  /// Where the camera of that name stands in an episode, and what it sees, before its frames were stored.
  ///
  /// - Throws: `datasets.camera.unknown`, or what is wrong with where it is told; by default that nothing tells it.
  func pinhole(of camera: String, in episode: Int) throws(VLMError) -> PinholeCamera

  /// Frames of a camera that `describe` lists, for ascending `rows`, as they are stored.
  ///
  /// Decodes those and no others, as far as the format can, and holds little besides them.
  func frames(_ camera: RecordedCamera, rows: [Int], of episode: Int) throws(VLMError) -> [RGBImage]

  /// What the recording says of how a camera's frames in these episodes have to be turned. Where it says nothing,
  /// `.fallback` with the format's habit as evidence: it is shown as assumed.
  func orientation(of camera: String, in episodes: [Int]) throws(VLMError) -> RecordedOrientation

  /// Looks at what only this format can have wrong with an episode, beyond what reading it would find; throws what makes it
  /// unusable, gives sentences about the rest. By default nothing.
  func examine(_ episode: Int) throws(VLMError) -> [String]

  /// Rows a second, where the recording says; by default it does not.
  var rate: Double? { get }

  /// Whether it is images that something is known of, an episode each: no actions, no instructions, no time. By default not.
  var isOfImages: Bool { get }

  /// Which of what is there the episodes are, where they are not all of it; by default nothing.
  var sampling: String? { get }

  /// What is known of the rows by which states and actions run ahead of a camera's frames. Where nothing is, `.undetermined`:
  /// it is then measured.
  func lag(of camera: String) -> RecordedLag
}

extension DemonstrationSource {
  package var damaged: [LeftOut] { [] }

  package var rate: Double? { nil }

  package var isOfImages: Bool { false }

  package var sampling: String? { nil }

  package func examine(_ episode: Int) throws(VLMError) -> [String] { [] }

  package func scene(of episode: Int) throws(VLMError) -> SceneState {
    throw VLMError(
      .datasetScene, "the recording does not say what its states hold", file: files[episodes[episode].file],
      tensor: episodes[episode].place)
  }

  package func pinhole(of camera: String, in episode: Int) throws(VLMError) -> PinholeCamera {
    throw VLMError(
      .datasetCamera, "the recording does not say where its cameras stand",
      file: files[episodes[episode].file],
      tensor: episodes[episode].place)
  }
}

/// An episode in a list: nothing of it has been read.
package struct RecordedEpisode: Sendable, Equatable {
  /// Index into `DemonstrationSource.files`.
  package let file: Int
  /// What a user calls it: `demo_3`.
  package let name: String
  /// Where it stands in its file: `/data/demo_3`.
  package let place: String
  /// What it lacks to be of any use, seen without opening it; `nil` when nothing.
  package let lacks: String?
  /// Episodes of one file and group were cut from one run of the robot and may share rows, so they belong on one side of every
  /// split; `nil` for one that stands for itself.
  package let group: String?

  package init(file: Int, name: String, place: String, lacks: String? = nil, group: String? = nil) {
    self.file = file
    self.name = name
    self.place = place
    self.lacks = lacks
    self.group = group
  }

  /// `demo_2` before `demo_10`: how a format orders what it lists by name.
  package static func areInOrder(_ left: String, _ right: String) -> Bool {
    func key(_ name: String) -> (String, Int, String) {
      let digits = name.reversed().prefix(while: \.isNumber).reversed()
      return (String(name.dropLast(digits.count)), Int(String(digits)) ?? 0, name)
    }
    return key(left) < key(right)
  }

  /// What to do about an episode that cannot be used.
  package var leaveOut: String { "leave the demonstration out with --exclude \(name)" }
}

/// What one episode holds.
package struct EpisodeDescription: Sendable, Equatable {
  /// What the robot is told, and where that stands; never empty unless the episode lacks it or is an image.
  package var instruction: Chosen<String>
  /// Rows.
  package let length: Int
  /// By name.
  package let cameras: [RecordedCamera]
  /// By name.
  package let values: [RecordedValues]
  /// Where cameras and observations stand, for messages.
  package let place: String
  /// Names of whatever stands there, for messages.
  package let names: [String]
  /// `an instruction`, or why there is not one; `nil` when there is. It is of use to whoever says what the robot is told.
  package let lacksInstruction: String?

  package init(
    instruction: Chosen<String>, length: Int, cameras: [RecordedCamera], values: [RecordedValues],
    place: String,
    names: [String], lacksInstruction: String? = nil
  ) {
    self.instruction = instruction
    self.length = length
    self.cameras = cameras
    self.values = values
    self.place = place
    self.names = names
    self.lacksInstruction = lacksInstruction
  }

  func values(_ role: ValueRole) -> RecordedValues? { values.first { $0.role == role } }
  func observation(_ name: String) -> RecordedValues? {
    values.first { $0.role.isObservation && $0.name == name }
  }
}

/// The frames of one camera in one episode.
package struct RecordedCamera: Sendable, Equatable {
  package let name: String
  package let place: String
  package let frames: Int
  package let height: Int
  package let width: Int
  /// How they stand in an array of a file, where they do.
  package let stored: StoredFrames?

  package init(
    name: String, place: String, frames: Int, height: Int, width: Int, stored: StoredFrames? = nil
  ) {
    self.name = name
    self.place = place
    self.frames = frames
    self.height = height
    self.width = width
    self.stored = stored
  }

  /// The same with other frames counted: those that have a row of everything else.
  package func counted(_ frames: Int) -> RecordedCamera {
    RecordedCamera(name: name, place: place, frames: frames, height: height, width: width, stored: stored)
  }

  /// Whether a user means this one: by its name, or by the end of its place (`obs/agentview_rgb`).
  func isCalled(_ wanted: String) -> Bool { name == wanted || place.hasSuffix("/" + wanted) }
}

/// Numbers of every row of one episode.
package struct RecordedValues: Sendable, Equatable {
  /// Unique among the observations.
  package let name: String
  package let place: String
  package let role: ValueRole
  package var rows: Int
  /// At least 1.
  package let width: Int
  private let named: [String]?

  /// - Parameter columns: names of the columns where the recording has them; else they are numbered.
  package init(
    name: String, place: String, role: ValueRole, rows: Int, width: Int, columns: [String]? = nil
  ) {
    precondition(width > 0 && columns?.count ?? width == width, "\(name) has \(width) columns")
    self.name = name
    self.place = place
    self.role = role
    self.rows = rows
    self.width = width
    named = columns
  }

  package var columns: [String] {
    named ?? (width == 1 && role.isObservation ? [name] : (0..<width).map { "\(name)[\($0)]" })
  }

  func recast(_ role: ValueRole) -> RecordedValues {
    RecordedValues(name: name, place: place, role: role, rows: rows, width: width, columns: named)
  }

  /// As reports and `--target` have it.
  var source: String { role.isObservation ? "obs/\(name)" : name }
}
