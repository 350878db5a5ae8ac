internal import Foundation
package import Images
internal import Tensors

/// pi0's processor: the picture as large as fits, then zeros right of and below it.
///
/// The zeros are added after normalisation, so that they are the mean colour and not black.
package struct PaddingProcessor: ImageProcessor {
  package static let names = ["PI0ImageProcessor"]

  /// The largest extents of the picture; `nil` keeps its size.
  private let bounds: (height: Int, width: Int)?
  /// Extents after padding; `nil` leaves the picture as it is.
  private let padded: (height: Int, width: Int)?
  private let resampler: Resampler
  private let normalisation: PixelNormalisation
  private let packer: PatchPacker

  package init(_ settings: ImageProcessorSettings, packer: PatchPacker) throws {
    if settings.resizes {
      guard let bounds = settings.size.map(\.bounds) ?? (224, 224) else {
        throw settings.unsupported("a size without max_height and max_width")
      }
      self.bounds = bounds
    } else {
      bounds = nil
    }
    padded = settings.pads ? try settings.rectangle(settings.padSize, "pad_size") : nil
    resampler = try settings.resampler()
    normalisation = try settings.normalisation(mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5])
    self.packer = packer
  }

  package func prepare(_ image: RGBImage) throws -> PreparedImage {
    var image = image
    if let bounds {
      // The extents are cut, not rounded, as in `get_image_size_for_max_height_width`.
      let scale = min(
        Double(bounds.height) / Double(image.height), Double(bounds.width) / Double(image.width))
      let (height, width) = (Int(Double(image.height) * scale), Int(Double(image.width) * scale))
      guard height > 0, width > 0 else {
        throw VLMError(
          .inputGrid,
          "\(image.width)x\(image.height) is too long and thin for \(bounds.width)x\(bounds.height)",
          remedy: "crop the picture")
      }
      image = try image.resized(width: width, height: height, by: resampler)
    }
    let planes = normalisation.planes(image)
    guard let padded else { return try packer.pack([planes]) }
    guard image.height <= padded.height, image.width <= padded.width else {
      throw VLMError(
        .inputGrid,
        "\(image.width)x\(image.height) pixels are more than the \(padded.width)x\(padded.height) to pad to")
    }
    // Zeros already.
    let whole = FloatTensor([3, padded.height, padded.width]) { destination in
      for row in 0..<3 * image.height {
        let place = row / image.height * padded.height + row % image.height
        (destination.baseAddress! + place * padded.width).update(
          from: planes.base + row * image.width, count: image.width)
      }
    }
    return try packer.pack([whole])
  }
}
