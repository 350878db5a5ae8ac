internal import Foundation
package import Images
internal import Tensors

/// LLaVA-NeXT's processor: the whole picture squeezed into a square, then the picture on the best of some canvases, cut
/// into squares.
package struct AnyResolutionProcessor: ImageProcessor {
  package static let names = ["LlavaNextImageProcessor"]

  private let canvases: [[Int]]
  /// The overview in pixels.
  private let overview: (height: Int, width: Int)
  /// Side of a tile in pixels.
  private let side: Int
  private let resampler: Resampler
  /// What is done to each tile.
  private let finishing: CentreCropProcessor
  private let packer: PatchPacker

  package init(_ settings: ImageProcessorSettings, packer: PatchPacker) throws {
    canvases =
      settings.tileGrids ?? [[336, 672], [672, 336], [672, 672], [1008, 336], [336, 1008]]
    overview = try settings.rectangle(settings.size, "size")
    let side = settings.cropSize?.rectangle?.height ?? (settings.cropSize == nil ? 224 : overview.height)
    guard (1...1024).contains(canvases.count),
      canvases.allSatisfy({
        $0.count == 2 && $0.allSatisfy { $0 > 0 && $0 % side == 0 }
          && $0[0] <= ImageExtent.maximumCanvas / $0[1]
      })
    else {
      throw settings.unsupported(
        "image_grid_pinpoints that are not whole tiles of \(side), at most \(ImageExtent.maximumCanvas) pixels together,")
    }
    self.side = side
    resampler = try settings.resampler()
    finishing = try CentreCropProcessor(settings, packer: packer)
    self.packer = packer
  }

  package func prepare(_ image: RGBImage) throws -> PreparedImage {
    let size = PreparedImage.Extent(rows: image.height, columns: image.width)
    guard let canvas = TileCanvas.best(for: size, among: canvases) else {
      throw VLMError(.inputGrid, "\(image.width)x\(image.height) pixels fit none of the model's canvases")
    }
    let placed = try Self.place(image, on: canvas, by: resampler)
    let squeezed = try image.resized(width: overview.width, height: overview.height, by: resampler)
    let division = PreparedImage.Extent(rows: canvas.rows / side, columns: canvas.columns / side)
    let tiles = try ([squeezed] + placed.tiles(division, width: side, height: side)).map {
      try packer.tile([finishing.planes($0)])
    }
    return PreparedImage(tiles, division: division, overview: 0, size: size)
  }

  /// The picture as large as the canvas allows, in its middle.
  private static func place(
    _ image: RGBImage, on canvas: PreparedImage.Extent, by resampler: Resampler
  ) throws -> RGBImage {
    let across = Double(canvas.columns) / Double(image.width)
    let down = Double(canvas.rows) / Double(image.height)
    var (width, height) = (canvas.columns, canvas.rows)
    if across < down {
      height = min(Int((Double(image.height) * across).rounded(.up)), height)
    } else {
      width = min(Int((Double(image.width) * down).rounded(.up)), width)
    }
    let resized = try image.resized(width: width, height: height, by: resampler)
    return resized.window(
      left: -((canvas.columns - width) / 2), top: -((canvas.rows - height) / 2), width: canvas.columns,
      height: canvas.rows)
  }
}

extension RGBImage {
  /// Equal tiles of the picture in raster order; it must be as large as they are together.
  func tiles(_ division: PreparedImage.Extent, width: Int, height: Int) -> [RGBImage] {
    (0..<division.rows * division.columns).map { index in
      window(
        left: index % division.columns * width, top: index / division.columns * height, width: width,
        height: height)
    }
  }
}
