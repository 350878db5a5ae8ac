internal import CImages

extension RGBImage {
  /// Writes the picture as three planes of floats, red first, each `height * width`.
  ///
  /// - Parameter table: 256 values a channel, `table[channel * 256 + byte]`.
  package func writePlanes(through table: [Float], to planes: UnsafeMutablePointer<Float>) {
    precondition(table.count == 3 * 256, "\(table.count) values in a table for three channels")
    cimages_planes(pixels, width * height, table, planes)
  }
}
