package import Images
internal import Mapping
internal import Tensors

/// What VLM4VLA's policies are shown: the frame in the size that was given as 224, then what the family's processor makes of that.
///
/// Qwen's processors enlarge it to 448 x 448 (`min_pixels` 256 x 28 x 28, as the authors set it), InternVL's to its one tile of
/// 448; PaliGemma's and Kosmos-2's have one size for everything, and take the frame as it is.
package struct QueryPictures: ImageProcessor {
  package static let names: [String] = []

  /// Pixels a side of the authors' first step.
  private static let side = 224
  private static let pixels = 256 * 28 * 28...1280 * 28 * 28

  private let processor: any ImageProcessor
  private let isReduced: Bool

  package init(_ settings: ImageProcessorSettings, packer: PatchPacker) throws {
    isReduced = (SmartResizeProcessor.names + DynamicTilesProcessor.names).contains(settings.name)
    processor = try ImageProcessorRegistry.open(
      isReduced ? settings.bounded(Self.pixels) : settings, packer: packer)
  }

  package func prepare(_ image: RGBImage) throws -> PreparedImage {
    guard isReduced else { return try processor.prepare(image) }
    return try processor.prepare(
      image.resized(width: Self.side, height: Self.side, by: Resampler(.bicubic, as: .pillow)))
  }
}
