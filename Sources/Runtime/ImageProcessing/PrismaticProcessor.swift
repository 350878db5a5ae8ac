internal import Files
package import Images
internal import Mapping
internal import Tensors

/// OpenVLA's processor: the whole picture to one size, normalised anew for each of its encoders.
///
/// It is not transformers' but comes with the checkpoint, and resizes pictures (not tensors) with torchvision, which leaves
/// that to Pillow.
package struct PrismaticProcessor: ImageProcessor {
  package static let names = ["PrismaticImageProcessor"]

  /// What one encoder gets.
  private struct Side: Sendable {
    let height: Int
    let width: Int
    let resampler: Resampler
    let normalisation: PixelNormalisation
  }

  private let sides: [Side]
  private let packer: PatchPacker

  private struct Values: Decodable {
    let image_resize_strategy: String?
    let input_sizes: [[Int]]
    let interpolations: [String]?
    let means: [[Double]]
    let stds: [[Double]]
  }

  package init(_ settings: ImageProcessorSettings, packer: PatchPacker) throws {
    let values: Values
    do {
      values = try settings.settings.decoded(as: Values.self)
    } catch {
      throw VLMError(
        .processorMalformed, "needs input_sizes, means and stds for each encoder: \(error)", file: settings.file,
        cause: error)
    }
    guard values.image_resize_strategy ?? "resize-naive" == "resize-naive" else {
      throw settings.unsupported("image_resize_strategy \(values.image_resize_strategy ?? "")")
    }
    let count = values.input_sizes.count
    guard count > 0, count == values.means.count, count == values.stds.count, 3 * count == packer.channels
    else { throw settings.unsupported("\(count) encoders for \(packer.channels) channels") }
    let sides: [Side] = try values.input_sizes.indices.map { index in
      let name = values.interpolations.map { $0.indices.contains(index) ? $0[index] : "" } ?? "bicubic"
      guard let kernel = ["bicubic": Resampling.bicubic, "bilinear": .bilinear][name],
        values.input_sizes[index].count == 3,
        let size = ImageExtent.checked(values.input_sizes[index][1], values.input_sizes[index][2]),
        let normalisation = PixelNormalisation(mean: values.means[index], deviation: values.stds[index])
      else { throw settings.unsupported("the settings of encoder \(index)") }
      return Side(
        height: size.height, width: size.width, resampler: Resampler(kernel, as: .pillow),
        normalisation: normalisation)
    }
    guard sides.allSatisfy({ $0.height == sides[0].height && $0.width == sides[0].width }) else {
      throw settings.unsupported("encoders of different sizes")
    }
    self.sides = sides
    self.packer = packer
  }

  package func prepare(_ image: RGBImage) throws -> PreparedImage {
    let planes = try sides.map { side in
      side.normalisation.planes(
        try image.resized(width: side.width, height: side.height, by: side.resampler))
    }
    let (height, width) = (sides[0].height, sides[0].width)
    let joined = FloatTensor([3 * sides.count, height, width]) { destination in
      for (index, part) in planes.enumerated() {
        (destination.baseAddress! + index * 3 * height * width).update(
          from: part.base, count: 3 * height * width)
      }
    }
    return try packer.pack([joined])
  }
}
