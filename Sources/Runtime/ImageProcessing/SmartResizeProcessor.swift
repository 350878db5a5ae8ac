internal import Foundation
package import Images
package import Tensors

/// Qwen2-VL's processor: keeps the aspect ratio, rounds both sides to whole merged patches and the area into bounds.
package struct SmartResizeProcessor: ImageProcessor {
  package static let names = ["Qwen2VLImageProcessor"]

  /// The areas that Qwen3-VL's own file names.
  static let qwen3Pixels = 65536...16_777_216

  let resizes: Bool
  let resampler: Resampler
  let normalisation: PixelNormalisation
  let packer: PatchPacker
  let pixels: ClosedRange<Int>

  package init(_ settings: ImageProcessorSettings, packer: PatchPacker) throws {
    try settings.check("patch_size", settings.patchSize ?? 14, is: packer.patchSize)
    try settings.check("merge_size", settings.mergeSize ?? 2, is: packer.mergeSize)
    try settings.check("temporal_patch_size", settings.temporalPatchSize ?? 2, is: packer.temporalPatchSize)
    let least = settings.minimumPixels ?? settings.size?.shortestEdge ?? 56 * 56
    let most = settings.maximumPixels ?? settings.size?.longestEdge ?? 28 * 28 * 1280
    // Small pictures are enlarged to the least, whatever they are; large ones may be as large as the most.
    guard least > 0, least <= most, least <= ImageExtent.maximumPixels, most <= ImageExtent.maximumCanvas else {
      throw settings.unsupported("\(least) to \(most) pixels")
    }
    pixels = least...most
    resizes = settings.resizes
    resampler = try settings.resampler()
    normalisation = try settings.normalisation(mean: .clipMean, deviation: .clipDeviation)
    self.packer = packer
  }

  package func prepare(_ image: RGBImage) throws -> PreparedImage {
    var image = image
    if resizes {
      let size = try Self.size(
        height: image.height, width: image.width, factor: packer.patchSize * packer.mergeSize, pixels: pixels)
      image = try image.resized(width: size.width, height: size.height, by: resampler)
    }
    return try packer.pack([normalisation.planes(image)])
  }

  /// `smart_resize` of transformers: multiples of `factor`, area in `pixels`, aspect ratio as near as possible.
  ///
  /// Throws when one side is more than 200 times the other, as the original does.
  package static func size(
    height: Int, width: Int, factor: Int, pixels: ClosedRange<Int>
  ) throws(VLMError) -> (height: Int, width: Int) {
    guard max(height, width) <= 200 * min(height, width) else {
      throw VLMError(
        .inputGrid, "\(width)x\(height) is more than 200 times as long as wide", remedy: "crop the picture")
    }
    let (step, h, w) = (Double(factor), Double(height), Double(width))
    var rows = (h / step).rounded(.toNearestOrEven) * step
    var columns = (w / step).rounded(.toNearestOrEven) * step
    if rows * columns > Double(pixels.upperBound) {
      let beta = (h * w / Double(pixels.upperBound)).squareRoot()
      rows = max(step, (h / beta / step).rounded(.down) * step)
      columns = max(step, (w / beta / step).rounded(.down) * step)
    } else if rows * columns < Double(pixels.lowerBound) {
      let beta = (Double(pixels.lowerBound) / (h * w)).squareRoot()
      rows = (h * beta / step).rounded(.up) * step
      columns = (w * beta / step).rounded(.up) * step
    }
    return (Int(rows), Int(columns))
  }
}
