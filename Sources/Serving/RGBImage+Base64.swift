internal import Foundation
import Images
import Tensors

extension RGBImage {
  /// Larger pictures are refused before they are decoded: no camera of a robot has as many pixels.
  static let mostPixelsSent = 1 << 24

  /// Refuses a picture by its size.
  ///
  /// - Parameters:
  ///   - name: what errors call it.
  ///   - source: what it came with.
  ///   - most: pixels that are taken.
  static func checkSize(
    width: Int, height: Int, _ name: String, source: String, most: Int = mostPixelsSent
  ) throws(VLMError) {
    guard width > 0, height > 0, width <= most / height else {
      throw VLMError(
        .requestContent, "is a picture of \(width)x\(height) pixels, at most \(most) are taken", file: source,
        tensor: name)
    }
  }

  /// Decodes base64 of a JPEG or PNG, once its header has told that it is not too large.
  init(
    base64 text: some StringProtocol, _ name: String, source: String, most: Int = mostPixelsSent
  ) throws(VLMError) {
    guard let data = Data(base64Encoded: String(text)), !data.isEmpty else {
      throw VLMError(.requestContent, "is not base64", file: source, tensor: name)
    }
    do {
      let bytes = [UInt8](data)
      let (width, height) = try RGBImage.size(decoding: bytes, file: source)
      try Self.checkSize(width: width, height: height, name, source: source, most: most)
      try self.init(decoding: bytes, file: source)
    } catch {
      var named = error
      named.tensor = name
      throw named
    }
  }
}

extension String {
  /// What is behind `data:image/png;base64,` or the like; `nil` where the text is no such URL.
  var dataURLContent: Substring? {
    guard hasPrefix("data:"), let comma = prefix(100).firstIndex(of: ","), self[..<comma].hasSuffix(";base64")
    else { return nil }
    return self[index(after: comma)...]
  }
}
