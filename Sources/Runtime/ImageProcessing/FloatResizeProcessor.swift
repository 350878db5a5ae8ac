package import Images
internal import Tensors

/// The processor of DINOv3: bytes as values from 0 to 1, these to one size without rounding, then normalised.
package struct FloatResizeProcessor: ImageProcessor {
  package static let names = ["DINOv3ViTImageProcessor"]

  private let size: (height: Int, width: Int)?
  private let resizing: PlaneResizing
  private let scaled: PixelNormalisation
  private let statistics: PixelStatistics?
  private let packer: PatchPacker

  package init(_ settings: ImageProcessorSettings, packer: PatchPacker) throws {
    size = settings.resizes ? try settings.rectangle(settings.size, "size") : nil
    guard settings.crops != true else { throw settings.unsupported("do_center_crop") }
    let kernel = try settings.resampler(.bilinear).kernel
    switch kernel {
    case .bilinear: resizing = .bilinear
    case .bicubic: resizing = .bicubic
    default: throw settings.unsupported("resample \(kernel.rawValue)")
    }
    (scaled, statistics) = try settings.steps(mean: .imageNetMean, deviation: .imageNetDeviation)
    self.packer = packer
  }

  package func prepare(_ image: RGBImage) throws -> PreparedImage {
    var planes = scaled.planes(image)
    if let size { planes = try resizing.resized(planes, height: size.height, width: size.width) }
    return try packer.pack([statistics?.applied(to: planes) ?? planes])
  }
}
