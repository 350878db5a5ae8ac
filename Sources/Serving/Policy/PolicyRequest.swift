import Files
import Foundation
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
    var base64 = text[...]
    if text.hasPrefix("data:") {
      guard let comma = text.prefix(100).firstIndex(of: ","), text[..<comma].hasSuffix(";base64") else {
        throw failure("the image's URL is not data:image/png;base64, or the like")
      }
      base64 = text[text.index(after: comma)...]
    }
    guard let data = Data(base64Encoded: String(base64)), !data.isEmpty else {
      throw failure("the image is not base64")
    }
    let bytes = [UInt8](data)
    let (width, height) = try RGBImage.size(decoding: bytes, file: source)
    try ServedPolicy.checkSize(width: width, height: height, "image", source: source)
    return try RGBImage(decoding: bytes, file: source)
  }
}
