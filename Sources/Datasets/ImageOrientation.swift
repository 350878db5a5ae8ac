package import Images

/// How stored frames have to be turned to stand upright.
///
/// LIBERO stores what OpenGL gives, upside down, and says so (`RecordedOrientation`); a thumbnail in the report shows
/// whether the choice was right.
public enum ImageOrientation: String, Codable, Sendable, CaseIterable {
  case asStored = "as-stored"
  /// Rows reversed.
  case upsideDown = "upside-down"
  /// Rows and columns reversed, as OpenVLA turns LIBERO's frames.
  case rotated180 = "rotated-180"

  /// `bytes`: [height, width, 3].
  package func image(_ bytes: ArraySlice<UInt8>, width: Int, height: Int) -> RGBImage {
    switch self {
    case .asStored: return RGBImage(width: width, height: height, pixels: Array(bytes))
    case .upsideDown:
      var pixels: [UInt8] = []
      pixels.reserveCapacity(bytes.count)
      for row in (0..<height).reversed() {
        let start = bytes.startIndex + row * width * 3
        pixels.append(contentsOf: bytes[start..<start + width * 3])
      }
      return RGBImage(width: width, height: height, pixels: pixels)
    case .rotated180:
      var pixels: [UInt8] = []
      pixels.reserveCapacity(bytes.count)
      for pixel in (0..<width * height).reversed() {
        let start = bytes.startIndex + pixel * 3
        pixels.append(contentsOf: bytes[start..<start + 3])
      }
      return RGBImage(width: width, height: height, pixels: pixels)
    }
  }
}
