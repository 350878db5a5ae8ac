internal import Tensors

/// robosuite's word for how its files have their frames.
///
/// robosuite renders bottom row first and calls it `opengl`, its default; with `opencv` it turns rows around. LIBERO
/// writes down which it was. robomimic turns every frame before it writes it, and writes nothing down.
enum ImageConvention {
  private static let key = "macros_image_convention"

  static func recorded(in files: [any ArrayFile], camera: String) throws(VLMError) -> RecordedOrientation {
    var statements: [RecordedOrientation.Statement] = []
    var silent: [String] = []
    var hasEnvironment = true
    for file in files {
      let before = statements.count
      if let text = try file.text(attribute: key, of: "/data"), let plain = RecordedText.cleaned(text) {
        statements.append(statement(plain, "/data", file))
      }
      for attribute in ["env_args", "env_info"] {
        guard let text = try file.text(attribute: attribute, of: "/data"),
          let found = RecordedText.first(of: [key, "image_convention"], inJSON: text)
        else { continue }
        statements.append(statement(found, "\(attribute) of /data", file))
      }
      if statements.count == before { silent.append(file.path) }
      if try file.text(attribute: "env_args", of: "/data") == nil { hasEnvironment = false }
    }
    let fallback =
      hasEnvironment && camera.hasSuffix("_image")
      ? "robomimic turns frames upright before it writes them"
      : "assumed, since no \(key) of /data says; files made anew from LIBERO are upside-down: look at a frame, or "
        + "set --orientation"
    return RecordedOrientation(statements, silent: silent, fallback: Chosen(.asStored, fallback))
  }

  private static func statement(
    _ convention: String, _ place: String, _ file: any ArrayFile
  ) -> RecordedOrientation.Statement {
    let (orientation, meaning): (ImageOrientation?, String) =
      switch convention.lowercased() {
      case "opengl": (.upsideDown, ", robosuite's word for bottom row first")
      case "opencv": (.asStored, ", robosuite's word for top row first")
      default: (nil, ", neither opengl nor opencv")
      }
    return RecordedOrientation.Statement(
      file: file.path, place: "/data", sentence: "\(key) of \(place) is \(convention)", meaning: meaning,
      orientation: orientation)
  }
}
