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

  private var reversesRows: Bool { self != .asStored }
  private var reversesColumns: Bool { self == .rotated180 }

  /// Where a place of an upright frame is shown, when the frame is stored in this way but turned as if in that of `taken`: LIBERO's
  /// frames rotated by 180 degrees, for one, are upright but mirrored.
  package func shown(_ place: FramePlace, taken: ImageOrientation, width: Int, height: Int) -> FramePlace {
    var place = place
    if reversesColumns != taken.reversesColumns { place.x = Double(width) - place.x }
    if reversesRows != taken.reversesRows { place.y = Double(height) - place.y }
    return place
  }

  /// A stored frame, turned.
  package func upright(_ stored: RGBImage) -> RGBImage {
    func turned(_ count: Int, of width: Int) -> RGBImage {
      var pixels: [UInt8] = []
      pixels.reserveCapacity(stored.pixels.count)
      for index in (0..<count).reversed() {
        pixels.append(contentsOf: stored.pixels[index * width..<(index + 1) * width])
      }
      return RGBImage(width: stored.width, height: stored.height, pixels: pixels)
    }
    return switch self {
    case .asStored: stored
    case .upsideDown: turned(stored.height, of: stored.width * 3)
    case .rotated180: turned(stored.height * stored.width, of: 3)
    }
  }
}
