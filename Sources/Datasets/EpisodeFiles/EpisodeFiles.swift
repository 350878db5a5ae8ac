internal import Files
internal import Foundation
package import Images
package import Tensors

/// Demonstrations with an HDF5 file each, `episode_N.hdf5`, in one of the layouts that do so.
///
/// Files are opened when something of them is asked for and closed again: there may be thousands.
package struct EpisodeFiles: DemonstrationSource {
  package let path: String
  package let files: [String]
  package let episodes: [RecordedEpisode]
  private let layout: EpisodeFileLayout

  init(_ place: DatasetPlace, _ layout: EpisodeFileLayout) throws(VLMError) {
    path = place.path
    let found = try layout.files(in: place)
    files = found.map(\.path)
    episodes = found.enumerated().map { index, file in
      let name = file.path.lastPathPart.replacing(/\.(hdf5|h5)$/, with: "")
      return RecordedEpisode(
        file: index, name: (file.folder + name).replacing(/[:\/]/, with: "_"), place: "/")
    }
    self.layout = layout
  }

  package var vocabulary: DemonstrationVocabulary { layout.vocabulary }

  package func part(named name: String) throws(VLMError) -> Set<Int> {
    throw VLMError(
      .datasetMask, "there is no part \(name): such a folder has none", file: path,
      remedy: "name episodes with --episodes")
  }

  package func describe(_ episode: Int) throws(VLMError) -> EpisodeDescription {
    let file = try HDF5ArrayFile(files[episode])
    let contents = try layout.contents(file)
    guard contents.length > 0 else {
      throw VLMError(
        .datasetEmpty, "a demonstration of no rows", file: file.path, tensor: contents.action.places[0],
        remedy: episodes[episode].leaveOut)
    }
    let instruction = try Instruction.find(inEpisode: file)
    return EpisodeDescription(
      instruction: instruction ?? Chosen("", "nothing says"), length: contents.length,
      cameras: contents.cameras, values: contents.tables.map(\.values), place: "/", names: contents.names,
      lacksInstruction: instruction == nil ? "an instruction" : nil)
  }

  package func values(_ values: RecordedValues, of episode: Int) throws(VLMError) -> [Double] {
    let file = try HDF5ArrayFile(files[episode])
    let tables = try layout.contents(file).tables
    guard let table = tables.first(where: { $0.values.name == values.name && $0.values.role == values.role })
    else { preconditionFailure("\(values.place) is not of this recording") }
    return try table.numbers(rows: values.rows, in: file)
  }

  package func frames(
    _ camera: RecordedCamera, rows: [Int], of episode: Int
  ) throws(VLMError) -> [RGBImage] {
    guard let stored = camera.stored else { preconditionFailure("\(camera.place) is not of this recording") }
    return try stored.frames(camera, rows: rows, in: HDF5ArrayFile(files[episode]))
  }

  package func pinhole(of camera: String, in episode: Int) throws(VLMError) -> PinholeCamera {
    try layout.pinhole(HDF5ArrayFile(files[episode]), describe(episode).cameras.first { $0.name == camera })
  }

  package func orientation(of camera: String, in episodes: [Int]) -> RecordedOrientation {
    RecordedOrientation(fallback: Chosen(.asStored, layout.orientation))
  }

  package func lag(of camera: String) -> RecordedLag {
    .known(RowLag(rows: 0, evidence: layout.lag))
  }
}

/// A way in which a robot's recorder fills the file of an episode.
struct EpisodeFileLayout: Sendable {
  let vocabulary: DemonstrationVocabulary
  /// Folder of the files within the one that is named, where they are not in that itself.
  let folder: String?
  /// What its files have at the top: all of these.
  let marks: Set<String>
  let contents: @Sendable (any ArrayFile) throws(VLMError) -> EpisodeContents
  /// Where a camera of its stands.
  var pinhole: @Sendable (any ArrayFile, RecordedCamera?) throws(VLMError) -> PinholeCamera = {
    file, camera throws(VLMError) in
    throw VLMError(
      .datasetCamera, "the recording does not say where its cameras stand", file: file.path,
      tensor: camera?.place ?? "/")
  }
  /// Why frames are upright, and what is assumed of their colours.
  let orientation: String
  /// Why frame, state and the action that follows stand in one row.
  let lag: String

  /// Folders that are looked through for those of several tasks: one of something else may have thousands.
  private static let mostFolders = 256

  /// Paths of the episodes at a place, in order, with the folders of their task where there are several; no file is opened.
  func files(in place: DatasetPlace) throws(VLMError) -> [(path: String, folder: String)] {
    guard place.isFolder else { return [(place.path, "")] }
    var found = try files(right: place).map { ($0, "") }
    if found.isEmpty, let folder {
      for task in place.names.prefix(Self.mostFolders) where !task.hasPrefix(".") {
        // TASK/data, or TASK/CONFIG/data.
        let isTask = Self.isFolder("\(place.path(of: task))/\(folder)")
        let configurations =
          isTask || !Self.isFolder(place.path(of: task))
          ? [] : try DatasetPlace(place.path(of: task)).names.prefix(Self.mostFolders)
        for name in isTask ? [task] : configurations.map({ "\(task)/\($0)" })
        where Self.isFolder("\(place.path(of: name))/\(folder)") {
          found += try files(right: DatasetPlace(place.path(of: name))).map { ($0, "\(name)/") }
        }
      }
    }
    guard !found.isEmpty else {
      throw VLMError(.datasetNotFound, "the folder holds no *.hdf5 or *.h5", file: place.path)
    }
    return found
  }

  /// Those right in a folder, or in the one within it that the layout has them in.
  private func files(right place: DatasetPlace) throws(VLMError) -> [String] {
    var paths = place.files(endingIn: [".hdf5", ".h5"])
    if paths.isEmpty, let folder, place.names.contains(folder) {
      paths = try DatasetPlace(place.path(of: folder)).files(endingIn: [".hdf5", ".h5"])
    }
    return paths.sorted { RecordedEpisode.areInOrder(Self.stem($0), Self.stem($1)) }
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }

  private static func stem(_ path: String) -> String {
    String(path.prefix(upTo: path.lastIndex(of: ".") ?? path.endIndex))
  }

  /// Why what lies at a place is not of this layout: the first file that can be read tells.
  func refusal(_ place: DatasetPlace) -> VLMError? {
    do throws(VLMError) {
      for (path, _) in try files(in: place).prefix(8) {
        guard let file = try? HDF5ArrayFile(path), let names = try? file.members(of: "/") else { continue }
        if marks.isSubset(of: names) { return nil }
        return VLMError(
          .datasetNotFound, "there are no \(marks.sorted().map { "/" + $0 }.joined(separator: " and "))",
          file: path)
      }
      return VLMError(.datasetNotFound, "there is no HDF5 file that can be read", file: place.path)
    } catch { return error }
  }

  func format(title: String, forms: String, marks: String) -> DemonstrationFormat {
    DemonstrationFormat(
      title: title, forms: forms, marks: marks, refusal: refusal,
      open: { place, _ throws(VLMError) in try EpisodeFiles(place, self) })
  }
}
