package import Images
internal import Tensors

/// Policies that resize pictures as floats: EVO1 to one size, and VLA-JEPA as Qwen3-VL does, each with its own steps.
package struct PolicyFloatProcessor: ImageProcessor {
  package static let names = [fixedSize, smartResize]
  /// EVO1: bytes as floats to one size, rounded to bytes again, then scaled and normalised one after the other.
  static let fixedSize = "LeRobotFixedSize"
  /// VLA-JEPA: values from 0 to 1, shrunk by areas where the policy asks for it, then sized as Qwen's and not rounded.
  static let smartResize = "LeRobotSmartResize"

  private enum Steps: Sendable {
    case fixed(height: Int, width: Int)
    case smart(first: (height: Int, width: Int)?, pixels: ClosedRange<Int>)
  }

  private let steps: Steps
  private let statistics: PixelStatistics
  private let packer: PatchPacker

  package init(_ settings: ImageProcessorSettings, packer: PatchPacker) throws {
    if settings.name == Self.fixedSize {
      let size = try settings.rectangle(settings.size, "image_resolution")
      steps = .fixed(height: size.height, width: size.width)
      statistics = .imageNet
    } else {
      let first = try settings.size.map { try settings.rectangle($0, "resize_images_to") }
      steps = .smart(first: first, pixels: SmartResizeProcessor.qwen3Pixels)
      statistics = PixelStatistics(mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5])
    }
    self.packer = packer
  }

  package func prepare(_ image: RGBImage) throws -> PreparedImage {
    switch steps {
    case .fixed(let height, let width):
      let planes = try PlaneResizing.bicubic.resized(
        PixelNormalisation.bytes.planes(image), height: height, width: width)
      return try packer.pack([statistics.applied(to: planes) { min(max($0, 0), 255).rounded(.toNearestOrEven) / 255 }])
    case .smart(let first, let pixels):
      var planes = PixelNormalisation.fractions.planes(image)
      if let first { planes = try PlaneResizing.area.resized(planes, height: first.height, width: first.width) }
      let size = try SmartResizeProcessor.size(
        height: planes.shape[1], width: planes.shape[2], factor: packer.patchSize * packer.mergeSize, pixels: pixels)
      if size != (planes.shape[1], planes.shape[2]) {
        planes = try PlaneResizing.bicubic.resized(planes, height: size.height, width: size.width)
      }
      return try packer.pack([statistics.applied(to: planes)])
    }
  }
}
