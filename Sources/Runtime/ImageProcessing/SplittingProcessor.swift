internal import Foundation
package import Images
internal import Tensors

/// The processor of Idefics3 and SmolVLM: the picture enlarged to whole squares and cut into them, then the whole picture in
/// one more.
package struct SplittingProcessor: ImageProcessor {
  package static let names = ["Idefics3ImageProcessor", "SmolVLMImageProcessor"]

  /// Length that the longer side is brought to first; `nil` keeps the picture's size.
  private let longestEdge: Int?
  private let side: Int
  private let splits: Bool
  private let resampler: Resampler
  private let normalisation: PixelNormalisation
  private let packer: PatchPacker

  package init(_ settings: ImageProcessorSettings, packer: PatchPacker) throws {
    side = settings.squareSide ?? 364
    longestEdge = settings.resizes ? settings.size?.longestEdge ?? (settings.size == nil ? 4 * 364 : 0) : nil
    guard (1...1024).contains(side), (1...1 << 16).contains(longestEdge ?? 1) else {
      throw settings.unsupported("its size")
    }
    splits = settings.splits
    resampler = try settings.resampler(.lanczos)
    normalisation = try settings.normalisation(mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5])
    self.packer = packer
  }

  package func prepare(_ image: RGBImage) throws -> PreparedImage {
    let size = PreparedImage.Extent(rows: image.height, columns: image.width)
    var image = image
    if let longestEdge {
      let target = Self.size(size, longestEdge: longestEdge)
      image = try image.resized(width: target.columns, height: target.rows, by: resampler)
    }
    guard splits else {
      let square = try image.resized(width: side, height: side, by: resampler)
      return PreparedImage([try tile(square)], division: .init(rows: 1, columns: 1), size: size)
    }
    let whole = wholeSquares(image)
    image = try image.resized(width: whole.columns, height: whole.rows, by: resampler)
    let division = PreparedImage.Extent(rows: whole.rows / side, columns: whole.columns / side)
    var pictures = image.tiles(division, width: side, height: side)
    let isCut = pictures.count > 1
    if isCut { pictures.append(try image.resized(width: side, height: side, by: resampler)) }
    let tiles = try pictures.map(tile)
    return PreparedImage(
      tiles, division: division, overview: isCut ? tiles.count - 1 : nil, size: size)
  }

  private func tile(_ image: RGBImage) throws -> PreparedImage.Tile {
    try packer.tile([normalisation.planes(image)])
  }

  /// `get_resize_output_image_size` of Idefics3: the longer side to `edge`, the shorter one even, neither above 4096.
  package static func size(_ size: PreparedImage.Extent, longestEdge edge: Int) -> PreparedImage.Extent {
    let proportions = Double(size.columns) / Double(size.rows)
    var (width, height) = (edge, edge)
    if size.columns >= size.rows {
      height = Int(Double(edge) / proportions)
      height += height % 2
    } else {
      width = Int(Double(edge) * proportions)
      width += width % 2
    }
    (width, height) = (max(width, 1), max(height, 1))
    let shape = Double(width) / Double(height)
    if width >= height, width > 4096 {
      (width, height) = (4096, Int(4096 / shape))
    } else if height > width, height > 4096 {
      (width, height) = (Int(4096 * shape), 4096)
    }
    return PreparedImage.Extent(rows: max(height, 1), columns: max(width, 1))
  }

  /// The longer side up to whole squares, the shorter one after it and up to whole squares too.
  private func wholeSquares(_ image: RGBImage) -> PreparedImage.Extent {
    func up(_ length: Int) -> Int { (length + side - 1) / side * side }
    let proportions = Double(image.width) / Double(image.height)
    if image.width >= image.height {
      let width = up(image.width)
      return PreparedImage.Extent(rows: max(up(Int(Double(width) / proportions)), side), columns: width)
    }
    let height = up(image.height)
    return PreparedImage.Extent(rows: height, columns: max(up(Int(Double(height) * proportions)), side))
  }
}
