import Files
import Images
import Tensors

/// The body of `POST /act`: `{"image": ..., "instruction": ...}`.
struct PolicyRequest {
  let picture: RGBImage
  let instruction: String

  private static let source = "POST /act"

  /// - Parameter standing: the instruction where the body has none.
  /// - Throws: `Rejection` when the body is not such an object, or the image no base64 of a JPEG or PNG.
  init(_ request: Request, instruction standing: String?) throws(Rejection) {
    do throws(VLMError) {
      var (image, instruction): (String?, String?) = (nil, nil)
      let result = request.body.withUnsafeBytes { bytes in
        Result { () throws(VLMError) in
          var scanner = JSONScanner(bytes, file: Self.source)
          try scanner.object { (scanner, key, offset) throws(VLMError) in
            switch key {
            case "image" where image == nil: image = try scanner.string()
            case "instruction" where instruction == nil: instruction = try scanner.string()
            case "image", "instruction": throw Self.failure("\(key) is there twice", at: offset)
            default:
              throw Self.failure(
                "there is no \"\(key.prefix(60))\" in a request", at: offset, "send image and instruction")
            }
          }
          try scanner.end()
        }
      }
      try result.get()
      guard let image else { throw Self.failure("has no image") }
      guard let instruction = instruction ?? standing else { throw Self.failure("has no instruction") }
      picture = try Self.picture(image)
      self.instruction = instruction
    } catch {
      throw Rejection(error)
    }
  }

  private static func failure(_ message: String, at offset: Int? = nil, _ remedy: String? = nil) -> VLMError {
    VLMError(.requestContent, message, file: source, offset: offset, remedy: remedy)
  }

  /// A picture in base64, or in a data URL.
  static func picture(_ text: String) throws(VLMError) -> RGBImage {
    let isURL = text.hasPrefix("data:")
    guard let base64 = isURL ? text.dataURLContent : text[...] else {
      throw VLMError(
        .requestContent, "is a URL, but not data:image/png;base64, or the like", file: source, tensor: "image")
    }
    return try RGBImage(base64: base64, "image", source: source)
  }
}
