package import Images
internal import Tensors

/// The processor of CLIP and of DINOv2: the shortest side to a given length, then the middle.
package struct CentreCropProcessor: ImageProcessor {
  package static let names = ["CLIPImageProcessor", "CLIPFeatureExtractor", "BitImageProcessor"]

  /// Length of the shorter side, or exact extents; `nil` keeps the picture's size.
  private enum Target { case shortestEdge(Int), exactly(height: Int, width: Int) }

  private let target: Target?
  private let crop: (height: Int, width: Int)?
  private let resampler: Resampler
  private let normalisation: PixelNormalisation
  private let packer: PatchPacker

  package init(_ settings: ImageProcessorSettings, packer: PatchPacker) throws {
    let size = settings.size
    if !settings.resizes {
      target = nil
    } else if size?.height != nil, let rectangle = size?.rectangle {
      target = .exactly(height: rectangle.height, width: rectangle.width)
    } else if size?.height == nil, size?.longestEdge == nil,
      (1...ImageExtent.maximumEdge).contains(size?.shortestEdge ?? 224)
    {
      target = .shortestEdge(size?.shortestEdge ?? 224)
    } else {
      throw settings.unsupported("its size")
    }
    crop = settings.crops ?? true ? try settings.rectangle(settings.cropSize, "crop_size") : nil
    resampler = try settings.resampler()
    normalisation = try settings.normalisation(mean: .clipMean, deviation: .clipDeviation)
    self.packer = packer
  }

  package func prepare(_ image: RGBImage) throws -> PreparedImage {
    try packer.pack([planes(image)])
  }

  /// The encoder's input as `[3, height, width]`.
  func planes(_ image: RGBImage) throws -> FloatTensor {
    var image = image
    switch target {
    case .shortestEdge(let edge):
      // The longer side is cut, not rounded, as in transformers.
      let (short, long) = (min(image.width, image.height), max(image.width, image.height))
      let other = Int(Double(edge * long) / Double(short))
      let size = image.width <= image.height ? (width: edge, height: other) : (width: other, height: edge)
      image = try image.resized(width: size.width, height: size.height, by: resampler)
    case .exactly(let height, let width):
      image = try image.resized(width: width, height: height, by: resampler)
    case nil: break
    }
    if let crop { image = image.centreCropped(width: crop.width, height: crop.height) }
    return normalisation.planes(image)
  }
}

extension [Double] {
  /// Statistics of OpenAI's CLIP, used by Qwen2-VL too.
  static var clipMean: Self { [0.48145466, 0.4578275, 0.40821073] }
  static var clipDeviation: Self { [0.26862954, 0.26130258, 0.27577711] }
}
