internal import Tensors

/// The camera whose frames are taken, the same in every demonstration.
struct Camera {
  /// Its name, and why this one.
  private(set) var name: Chosen<String>
  /// Other cameras of the first demonstration, by name.
  let others: [String]
  let height: Int
  let width: Int

  /// Takes the camera asked for; else the only one, else the workspace's by its name. Several of which none has that
  /// name are refused: which one a policy looks through is not for a reader to guess.
  init(
    _ selection: DemonstrationSelection, of source: any DemonstrationSource, wanted: String?
  ) throws(VLMError) {
    let first = selection.episodes[0]
    let chosen = try Self.choose(first, source, wanted: wanted)
    let stored = first.contents.cameras.first { $0.name == chosen.value }?.stored?.words
    name = Chosen(chosen.value, chosen.evidence + (stored.map { "; \($0)" } ?? ""))
    others = first.contents.cameras.map(\.name).filter { $0 != chosen.value }
    (height, width) = try Self.extents(chosen.value, selection, source)
  }

  /// The camera in use, and what it is made of. Several side by side are made one of `source` and of what is selected.
  static func choose(
    _ selection: inout DemonstrationSelection, of source: inout any DemonstrationSource,
    _ options: DemonstrationOptions
  ) throws(VLMError) -> (Camera, [CameraInUse]) {
    let known = selection.episodes[0].contents.cameras
    let wanted = options.camera.map { $0.split(separator: CamerasBeside.sign).map(String.init) } ?? []
    let isOne = wanted.count < 2 || known.contains { $0.isCalled(options.camera!) }
    var cameras: [Camera] = []
    for name in isOne ? [options.camera] : wanted.map(Optional.some) {
      cameras.append(try Camera(selection, of: source, wanted: name))
    }
    let places = selection.episodes.map(\.index)
    var parts: [CameraInUse] = []
    for camera in cameras {
      let recorded = try source.orientation(of: camera.name.value, in: places)
      parts.append(
        CameraInUse(
          name: camera.name.value, orientation: try recorded.choose(options.orientation),
          height: camera.height, width: camera.width))
    }
    var result = cameras[0]
    if parts.count > 1 {
      let beside = CamerasBeside(source, parts)
      source = beside
      selection.describe(beside.described)
      let names = Set(parts.map(\.name))
      let scaled = parts.contains { $0.height != beside.height }
      result = Camera(
        name: Chosen(
          beside.name, "side by side, named by --camera" + (scaled ? "; scaled to the first one's height" : "")),
        others: known.map(\.name).filter { !names.contains($0) }, height: beside.height, width: beside.width)
    }
    if options.exchangesRedAndBlue {
      result.name = Chosen(result.name.value, result.name.evidence + "; red and blue exchanged by --swap-red-blue")
    }
    return (result, parts)
  }

  private init(name: Chosen<String>, others: [String], height: Int, width: Int) {
    (self.name, self.others, self.height, self.width) = (name, others, height, width)
  }

  private static func choose(
    _ first: DemonstrationSelection.Selected, _ source: any DemonstrationSource, wanted: String?
  ) throws(VLMError) -> Chosen<String> {
    let cameras = first.contents.cameras
    let names = cameras.map(\.name)
    let vocabulary = source.vocabulary
    func refusal(_ message: String, remedy: String) -> VLMError {
      VLMError(
        .datasetKeyMissing, message, file: source.files[source.episodes[first.index].file],
        tensor: first.contents.place, remedy: remedy)
    }
    guard !cameras.isEmpty else {
      throw refusal("there are no \(vocabulary.frames)", remedy: "it holds \(list(first.contents.names))")
    }
    if let wanted {
      guard let camera = cameras.first(where: { $0.isCalled(wanted) }) else {
        let near = NearestNames.suggestion(for: wanted, among: names).map { $0 + "; " } ?? ""
        throw refusal(
          "there are no \(vocabulary.frames) named \(wanted)", remedy: near + "frames in it: \(list(names))")
      }
      return Chosen(camera.name, "named by --camera")
    }
    if names.count == 1 { return Chosen(names[0], "the only frames there are") }
    guard let name = vocabulary.workspaceCameras.first(where: names.contains) else {
      let known = vocabulary.workspaceCameras.joined(separator: " or ")
      throw refusal(
        "there are frames of \(names.count) cameras" + (known.isEmpty ? "" : ", none of them named \(known)"),
        remedy: "choose one with --camera: \(list(names))")
    }
    return Chosen(
      name, "the workspace camera by its name; there are also \(list(names.filter { $0 != name }))")
  }

  private static func extents(
    _ name: String, _ selection: DemonstrationSelection, _ source: any DemonstrationSource
  ) throws(VLMError) -> (height: Int, width: Int) {
    var shape: (height: Int, width: Int)?
    for (index, contents) in selection.episodes {
      let recorded = source.episodes[index]
      let file = source.files[recorded.file]
      guard let camera = contents.cameras.first(where: { $0.name == name }) else {
        throw VLMError(
          .datasetKeyMissing, "there are no frames of that name here, unlike in the first demonstration",
          file: file, tensor: "\(contents.place)/\(name)", remedy: "it holds \(list(contents.names))")
      }
      guard camera.frames == contents.length else {
        throw VLMError(
          .datasetLength, "\(camera.frames) frames, but \(contents.length) actions", file: file,
          tensor: camera.place,
          remedy: "the demonstration is cut short; record it again, or \(recorded.leaveOut)")
      }
      let extents = (height: camera.height, width: camera.width)
      if let shape, shape != extents {
        throw VLMError(
          .datasetInconsistent,
          "frames are \(extents.height) x \(extents.width), in the first demonstration \(shape.height) x \(shape.width)",
          file: file, tensor: camera.place, remedy: "probe the files of one size at a time")
      }
      shape = extents
    }
    return shape ?? (1, 1)
  }
}
