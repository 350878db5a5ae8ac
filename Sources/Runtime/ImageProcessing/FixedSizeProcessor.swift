package import Images

/// The processor of SigLIP, of plain ViT and of Gemma 3: the whole picture to one size, whatever its aspect ratio.
package struct FixedSizeProcessor: ImageProcessor {
  package static let names = ["SiglipImageProcessor", "ViTImageProcessor", "ViTFeatureExtractor", "Gemma3ImageProcessor"]

  private let size: (height: Int, width: Int)?
  private let resampler: Resampler
  private let normalisation: PixelNormalisation
  private let packer: PatchPacker

  package init(_ settings: ImageProcessorSettings, packer: PatchPacker) throws {
    size = settings.resizes ? try settings.rectangle(settings.size, "size") : nil
    guard settings.crops != true else { throw settings.unsupported("do_center_crop") }
    guard !settings.pansAndScans else { throw settings.unsupported("do_pan_and_scan") }
    resampler = try settings.resampler(settings.name.hasPrefix("Siglip") ? .bicubic : .bilinear)
    normalisation = try settings.normalisation(mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5])
    self.packer = packer
  }

  package func prepare(_ image: RGBImage) throws -> PreparedImage {
    var image = image
    if let size { image = try image.resized(width: size.width, height: size.height, by: resampler) }
    return try packer.pack([normalisation.planes(image)])
  }
}
