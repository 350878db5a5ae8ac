/// An 8-bit RGB picture, row-major, three bytes a pixel, no padding between rows.
public struct RGBImage: Sendable, Hashable {
  /// Pixels from left to right.
  public let width: Int
  /// Pixels from top to bottom.
  public let height: Int
  /// `height * width * 3` bytes: red, green, blue of each pixel, rows from the top.
  public let pixels: [UInt8]

  /// Traps when `pixels` is not `width * height * 3` long or the picture is empty.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0, "an image of \(width)x\(height)")
    precondition(pixels.count == width * height * 3, "\(pixels.count) bytes for \(width)x\(height) RGB")
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// Makes a picture by letting `fill` write every byte, without a second copy.
  package init(
    width: Int, height: Int, filledBy fill: (UnsafeMutableBufferPointer<UInt8>) throws -> Void
  ) rethrows {
    let bytes = width * height * 3
    let pixels = try [UInt8](unsafeUninitializedCapacity: bytes) { buffer, count in
      try fill(buffer)
      count = bytes
    }
    self.init(width: width, height: height, pixels: pixels)
  }
}
