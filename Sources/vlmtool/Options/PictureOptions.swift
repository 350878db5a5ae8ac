import ArgumentParser
import Datasets
import Images
import Tensors

/// Pictures for a command: files, or frames of demonstrations as `probe` would take them.
struct PictureOptions: ParsableArguments {
  @Option(
    name: .long, help: "Picture, JPEG or PNG; may be given several times, in the order of the prompt.",
    completion: .file(extensions: ["png", "jpg", "jpeg"]))
  var image: [String] = []

  @Option(
    name: .long, help: "Demonstrations to take frames of, after any --image: \(DemonstrationFormat.choices).",
    completion: .file())
  var data: String?

  @Option(name: .long, help: ArgumentHelp("Row of the demonstration to take (repeatable).", valueName: "n"))
  var row: [Int] = []

  @Option(
    name: .long, help: ArgumentHelp("Demonstration that rows are of (default: the first).", valueName: "demo")
  )
  var demo: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Camera whose frames are taken (default: as probe's).", valueName: "name"))
  var camera: String?

  @Option(name: .long, help: "How frames are stored (default: as the file says).")
  var orientation: ImageOrientation?

  func validate() throws {
    if data != nil, row.isEmpty { throw ValidationError("--data needs --row, the frame to take") }
    if data == nil, !row.isEmpty || demo != nil || camera != nil || orientation != nil {
      throw ValidationError("--row, --demo, --camera and --orientation go with --data")
    }
    if row.contains(where: { $0 < 0 }) { throw ValidationError("--row must be 0 or more") }
  }

  var isEmpty: Bool { image.isEmpty && row.isEmpty }

  /// Paths that are read.
  var inputs: [String] { image + (data.map { [$0] } ?? []) }

  /// The pictures, and what was chosen for those out of demonstrations.
  func read() throws -> (pictures: [RGBImage], notices: [Notice]) {
    var pictures = try image.map { try RGBImage(contentsOf: $0) }
    guard let data else { return (pictures, []) }
    let demonstrations = try Demonstrations.open(
      data, options: DemonstrationOptions(camera: camera, orientation: orientation))
    let episode = try demonstrations.episode(named: demo)
    pictures += try row.map { try demonstrations.image(row: $0, of: episode) }
    let (key, turned) = (demonstrations.camera, demonstrations.orientation)
    let notice = Notice(
      .note,
      "\(episode.place), row \(row.map(String.init).joined(separator: ", ")): camera \(key.value) (\(key.evidence)), "
        + "\(turned.value.rawValue) (\(turned.evidence))",
      file: demonstrations.files[episode.file])
    return (pictures, [notice])
  }
}
