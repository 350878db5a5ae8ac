internal import Files
internal import Foundation
package import Tensors

/// A way in which demonstrations are kept in files.
package struct DemonstrationFormat: Sendable {
  /// For help and messages: `LIBERO or robomimic HDF5`.
  package let title: String
  /// What a path names, for help: `a file or a folder of them`.
  package let forms: String
  /// What tells it, for messages: `episodes as /data/demo_N with obs and actions`.
  package let marks: String
  /// Why something is not in this format, from as little reading as tells; `nil` when it is. `datasets.path.not-found`
  /// means that nothing here looks like it; any other code, that it is nearly in this format.
  package let refusal: @Sendable (DatasetPlace) -> VLMError?
  package let open: @Sendable (DatasetPlace, DemonstrationReading) throws(VLMError) -> any DemonstrationSource

  package init(
    title: String, forms: String, marks: String, refusal: @escaping @Sendable (DatasetPlace) -> VLMError?,
    open: @escaping @Sendable (DatasetPlace, DemonstrationReading) throws(VLMError) -> any DemonstrationSource
  ) {
    self.title = title
    self.forms = forms
    self.marks = marks
    self.refusal = refusal
    self.open = open
  }

  /// Every format that is read; what lies at a path is in one of them at most.
  package static let all: [DemonstrationFormat] = [
    .robosuiteHDF5, .aloha, .roboTwin, .maniSkill, .leRobot, .rlds, .calvin, .minecraft,
    .diffusionPolicy, .classFolders, .threeDShapes, .dSprites,
  ]

  /// What `--data` takes, for help.
  package static let choices = all.map { "\($0.title), \($0.forms)" }.joined(separator: "; ")

  /// Opens what lies at `path` with the format that claims it.
  ///
  /// - Throws: the errors of `claiming` and of opening.
  package static func open(
    _ path: String, among formats: [DemonstrationFormat] = all,
    reading: DemonstrationReading = DemonstrationReading()
  ) throws(VLMError) -> any DemonstrationSource {
    let place = try DatasetPlace(path)
    return try claiming(place, among: formats).open(place, reading)
  }

  /// The format that claims what lies at `place`.
  ///
  /// - Throws: `datasets.path.not-found`; `datasets.path.foreign` with the name of another recorder's format;
  ///   `datasets.path.ambiguous`; what the only format that is near has against it.
  package static func claiming(
    _ place: DatasetPlace, among formats: [DemonstrationFormat] = all
  ) throws(VLMError) -> DemonstrationFormat {
    let path = place.path
    let refusals = formats.map { $0.refusal(place) }
    let claims = zip(formats, refusals).filter { $0.1 == nil }.map(\.0)
    if claims.count > 1 {
      throw VLMError(
        .datasetAmbiguous, "this may be \(claims.map(\.title).joined(separator: " or "))", file: path,
        remedy: "move what does not belong to the demonstrations elsewhere")
    }
    if let format = claims.first { return format }
    let reasons = zip(formats, refusals).map { (title: $0.0.title, error: $0.1!) }
    let near = reasons.count == 1 ? reasons : reasons.filter { $0.error.code != .datasetNotFound }
    let unread =
      near.count == 1
      ? near[0].error
      : VLMError(
        .datasetNotFound, "these are no demonstrations in a format that is read", file: path,
        remedy: reasons.map { "\($0.title): \($0.error.message)" }.joined(separator: "; "))
    let read = formats.map { "\($0.title) (\($0.marks))" }.joined(separator: ", ")
    throw ForeignDataset(at: place)?.error(path, read: read, cause: unread) ?? unread
  }
}

/// How a recording is to be opened.
package struct DemonstrationReading: Sendable {
  /// Whether files that cannot be read are left out (`DemonstrationSource.damaged`).
  package var skipsDamaged = false
  /// The field with the actions, where there are several.
  package var actionField: String?
  /// The field with the instruction, where there are several.
  package var instructionField: String?
  /// How many of labelled images are drawn.
  package var imageBudget = 800

  package init() {}

  init(_ options: DemonstrationOptions) {
    (skipsDamaged, actionField, instructionField, imageBudget) = (
      options.skipsDamaged, options.actionField, options.instructionField, options.frameBudget
    )
  }

  /// For formats in which both stand in one place.
  ///
  /// - Throws: `datasets.option.invalid` when a field was named.
  func requireNoFields(_ place: DatasetPlace) throws(VLMError) {
    guard let name = actionField ?? instructionField else { return }
    throw VLMError(
      .datasetOption, "in this format there is nothing to choose: \(name) is not asked for", file: place.path,
      remedy: "leave out --action-field and --instruction-field")
  }
}

/// A file or a folder that may hold demonstrations.
package struct DatasetPlace: Sendable {
  package let path: String
  package let isFolder: Bool
  /// What stands in the folder, sorted; empty for a file.
  package let names: [String]

  /// - Parameter name: a path, or `hf://datasets/org/name` of the local hub cache.
  /// - Throws: `datasets.path.not-found`, `hub.name`, `hub.not-cached`.
  package init(_ name: String) throws(VLMError) {
    let path = try HubCache.snapshot(name, of: .dataset) ?? name
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw VLMError(
        .datasetNotFound, "there is nothing of that name", file: path,
        remedy: NearestNames.suggestion(forPath: path) ?? "check the path")
    }
    self.path = path
    isFolder = isDirectory.boolValue
    do {
      names = isFolder ? try FileManager.default.contentsOfDirectory(atPath: path).sorted() : []
    } catch {
      throw VLMError(.datasetNotFound, "this folder cannot be listed", file: path, cause: error)
    }
  }

  /// The path of something in the folder.
  package func path(of name: String) -> String { path.hasSuffix("/") ? path + name : "\(path)/\(name)" }

  /// Paths of what stands in the folder under one of these endings, hidden files aside.
  package func files(endingIn endings: [String]) -> [String] {
    names.filter { name in !name.hasPrefix(".") && endings.contains(where: name.hasSuffix) }.map(path(of:))
  }
}
