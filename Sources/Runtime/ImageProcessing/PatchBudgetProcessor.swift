internal import Foundation
package import Images
package import Tensors

/// SigLIP 2 NaFlex's processor: the largest size of about the picture's proportions that keeps to a number of patches.
///
/// The number is the file's. transformers' `Siglip2Processor`, which adds the tokenizer, takes 256 patches of 16 whatever the
/// file says; the public files say the same.
package struct PatchBudgetProcessor: ImageProcessor {
  package static let names = ["Siglip2ImageProcessor"]

  private let resizes: Bool
  private let patches: Int
  private let resampler: Resampler
  private let normalisation: PixelNormalisation
  private let packer: PatchPacker

  package init(_ settings: ImageProcessorSettings, packer: PatchPacker) throws {
    try settings.check("patch_size", settings.patchSize ?? 16, is: packer.patchSize)
    patches = settings.patchBudget ?? 256
    guard patches > 0, patches <= 1 << 14 else { throw settings.unsupported("\(patches) patches") }
    resizes = settings.resizes
    resampler = try settings.resampler(.bilinear)
    normalisation = try settings.normalisation(mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5])
    self.packer = packer
  }

  package func prepare(_ image: RGBImage) throws -> PreparedImage {
    var image = image
    if resizes {
      let size = try Self.size(
        height: image.height, width: image.width, patchSize: packer.patchSize, patches: patches)
      image = try image.resized(width: size.width, height: size.height, by: resampler)
    }
    return try packer.pack([normalisation.planes(image)])
  }

  /// `get_image_size_for_max_num_patches` of transformers, bisection and all.
  ///
  /// Throws when not even the thinnest strip of patches along the picture keeps to `patches`.
  package static func size(
    height: Int, width: Int, patchSize: Int, patches: Int
  ) throws(VLMError) -> (height: Int, width: Int) {
    func count(_ length: Int, _ scale: Double) -> Int {
      max(1, Int((Double(length) * scale / Double(patchSize)).rounded(.up)))
    }
    let precision = 1e-5
    var (low, high) = (precision / 10, 100.0)
    while high - low >= precision {
      let scale = (low + high) / 2
      if count(height, scale) * count(width, scale) <= patches { low = scale } else { high = scale }
    }
    let size = (height: count(height, low), width: count(width, low))
    guard size.height * size.width <= patches else {
      throw VLMError(
        .inputGrid, "\(width)x\(height) is too long and thin for \(patches) patches",
        remedy: "crop the picture")
    }
    return (size.height * patchSize, size.width * patchSize)
  }
}
