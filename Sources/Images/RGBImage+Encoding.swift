internal import CImages
package import Tensors

extension RGBImage {
  /// The picture as a PNG file: 8-bit RGB, the same bytes every time.
  package func encodedAsPNG() throws(VLMError) -> [UInt8] {
    try encoded("PNG") { cimages_png_encode(pixels, size, $0, $1, $2) }
  }

  /// The picture as a JPEG file that decodes to the pixels of Pillow's `save(format="JPEG", quality=quality)`.
  ///
  /// - Parameter quality: 1 to 100; 75 is Pillow's own.
  /// - Throws: `images.memory`, also for a side of more than 65,500 pixels, which JPEG does not have.
  package func encodedAsJPEG(quality: Int = 75) throws(VLMError) -> [UInt8] {
    precondition((1...100).contains(quality), "a JPEG of quality \(quality)")
    return try encoded("JPEG") { cimages_jpeg_encode(pixels, size, Int32(quality), $0, $1, $2) }
  }

  private var size: cimages_size { cimages_size(width: UInt32(width), height: UInt32(height)) }

  private func encoded(
    _ format: String,
    _ encode: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>, UnsafeMutablePointer<Int>, UnsafeMutablePointer<CChar>) -> Int32
  ) throws(VLMError) -> [UInt8] {
    var message = [CChar](repeating: 0, count: Int(CIMAGES_MESSAGE))
    var data: UnsafeMutablePointer<UInt8>?
    var count = 0
    guard encode(&data, &count, &message) == 0, let data else {
      let text = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw VLMError(.imageMemory, "a \(width)x\(height) \(format) cannot be made in memory: \(text)")
    }
    defer { cimages_free(data) }
    return Array(UnsafeBufferPointer(start: data, count: count))
  }
}
