internal import CImages
package import Tensors

extension RGBImage {
  /// The picture as a PNG file: 8-bit RGB, the same bytes every time.
  package func encodedAsPNG() throws(VLMError) -> [UInt8] {
    var message = [CChar](repeating: 0, count: Int(CIMAGES_MESSAGE))
    var data: UnsafeMutablePointer<UInt8>?
    var count = 0
    let size = cimages_size(width: UInt32(width), height: UInt32(height))
    guard cimages_png_encode(pixels, size, &data, &count, &message) == 0, let data else {
      throw VLMError(.imageMemory, "a \(width)x\(height) PNG cannot be made in memory")
    }
    defer { cimages_free(data) }
    return Array(UnsafeBufferPointer(start: data, count: count))
  }
}
