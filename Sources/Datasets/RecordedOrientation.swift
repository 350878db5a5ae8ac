internal import Files
internal import Tensors

/// What demonstration files themselves say of how their frames are stored.
///
/// robosuite renders bottom row first and calls it `opengl`, its default; with `opencv` it turns rows around. LIBERO
/// writes down which it was. robomimic turns every frame before it writes it, and writes nothing down.
struct RecordedOrientation {
  private static let key = "macros_image_convention"
  private static let choices =
    "--orientation " + ImageOrientation.allCases.map(\.rawValue).joined(separator: ", ")

  /// One place of one file that names a convention.
  private struct Statement {
    let file: String
    /// `/data` or `env_args of /data`.
    let place: String
    let convention: String

    var orientation: ImageOrientation? {
      switch convention.lowercased() {
      case "opengl": .upsideDown
      case "opencv": .asStored
      default: nil
      }
    }

    var sentence: String { "\(key) of \(place) is \(convention)" }
  }

  private var statements: [Statement] = []
  /// Files that name none.
  private var silent: [String] = []
  private var hasEnvironment = true

  init(_ files: [any ArrayFile]) throws(VLMError) {
    for file in files {
      let before = statements.count
      if let text = try file.text(attribute: Self.key, of: "/data"), let plain = RecordedText.cleaned(text) {
        statements.append(Statement(file: file.path, place: "/data", convention: plain))
      }
      for attribute in ["env_args", "env_info"] {
        guard let text = try file.text(attribute: attribute, of: "/data"),
          let found = RecordedText.first(of: [Self.key, "image_convention"], inJSON: text)
        else { continue }
        statements.append(Statement(file: file.path, place: "\(attribute) of /data", convention: found))
      }
      if statements.count == before { silent.append(file.path) }
      if try file.text(attribute: "env_args", of: "/data") == nil { hasEnvironment = false }
    }
  }

  /// How frames are stored, and why; what the files say and `wanted` overrides is in the evidence.
  ///
  /// - Throws: `datasets.demonstration.inconsistent` when files, or two places of one, say different things.
  func choose(_ wanted: ImageOrientation?, camera: String) throws(VLMError) -> Chosen<ImageOrientation> {
    if let wanted {
      let against = statements.first { $0.orientation != wanted }
      return Chosen(
        wanted,
        "set by --orientation"
          + (against.map { ", although \($0.sentence)\(Self.meaning($0.orientation)) in \($0.file)" } ?? ""))
    }
    guard let first = statements.first else { return assumed(camera) }
    guard let orientation = first.orientation else {
      throw VLMError(
        .datasetInconsistent, "\(first.sentence), neither opengl nor opencv", file: first.file,
        tensor: "/data", remedy: "say how frames are stored: \(Self.choices)")
    }
    if let other = statements.first(where: { $0.orientation != orientation }) {
      throw VLMError(
        .datasetInconsistent, "\(other.sentence), but \(first.sentence) in \(first.file)", file: other.file,
        tensor: "/data", remedy: "probe files of one convention at a time, or say \(Self.choices)")
    }
    if let file = silent.first {
      throw VLMError(
        .datasetInconsistent, "nothing says how frames are stored, but \(first.sentence) in \(first.file)",
        file: file, tensor: "/data", remedy: "probe such files by themselves, or say \(Self.choices)")
    }
    return Chosen(orientation, "\(first.sentence)\(Self.meaning(orientation))")
  }

  /// Whether the orientation rests on nothing that the files say.
  var isSilent: Bool { statements.isEmpty }

  private func assumed(_ camera: String) -> Chosen<ImageOrientation> {
    if hasEnvironment, camera.hasSuffix("_image") {
      return Chosen(.asStored, "robomimic turns frames upright before it writes them")
    }
    return Chosen(
      .asStored,
      "assumed, since no \(Self.key) of /data says; files made anew from LIBERO are upside-down: look at a frame, or "
        + "set --orientation")
  }

  private static func meaning(_ orientation: ImageOrientation?) -> String {
    switch orientation {
    case .upsideDown: ", robosuite's word for bottom row first"
    case .asStored: ", robosuite's word for top row first"
    default: ""
    }
  }
}
