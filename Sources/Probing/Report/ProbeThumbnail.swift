package import Foundation

/// The first frame as the encoder's image processor got it, for the reader's eyes.
package struct ProbeThumbnail: Codable, Sendable, Equatable {
  package var width: Int
  package var height: Int
  /// Row-major RGB, 3 bytes a pixel (base64 in JSON).
  package var pixels: Data

  package init(
    width: Int, height: Int, pixels: Data
  ) {
    self.width = width
    self.height = height
    self.pixels = pixels
  }
}
