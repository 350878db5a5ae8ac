internal import Files
package import Images
internal import Tensors

/// InternVL's and Eagle's processors: as many tiles as suit the picture's proportions and size, then the whole picture in one more.
package struct DynamicTilesProcessor: ImageProcessor {
  /// NVIDIA's own (`image_processing_eagle2_5_vl_fast.py`), which weighs size against proportions.
  static let eagle = "Eagle2_5_VLImageProcessor"
  package static let names = ["GotOcr2ImageProcessor", eagle]

  private let weighsSize: Bool
  private let tile: PreparedImage.Extent
  /// `nil` where the picture is never cut.
  private let tiles: ClosedRange<Int>?
  private let resampler: Resampler
  private let normalisation: PixelNormalisation
  private let packer: PatchPacker

  package init(_ settings: ImageProcessorSettings, packer: PatchPacker) throws {
    weighsSize = settings.name == Self.eagle
    let standard = weighsSize ? 448 : 384
    // Eagle's tiles are of the right size before it would resize them.
    guard let rectangle = settings.size.map(\.rectangle) ?? (standard, standard), settings.resizes || weighsSize,
      !weighsSize || rectangle.height == rectangle.width
    else {
      throw settings.unsupported("its size")
    }
    guard !settings.padsTiles else { throw settings.unsupported("pad_during_tiling true") }
    tile = PreparedImage.Extent(rows: rectangle.height, columns: rectangle.width)
    let (least, most) = (settings.leastTiles ?? 1, settings.mostTiles ?? 12)
    guard least > 0, least <= most, most <= ImageExtent.maximumCanvas / (rectangle.height * rectangle.width),
      most <= 1024
    else {
      throw settings.unsupported("\(least) to \(most) tiles of \(rectangle.width)x\(rectangle.height)")
    }
    tiles = settings.cutsTiles && most > 1 ? least...most : nil
    // Stages are read out on the whole picture; every released model has it.
    guard tiles == nil || settings.addsThumbnail else { throw settings.unsupported("use_thumbnail false") }
    resampler = try settings.resampler()
    let statistics: ([Double], [Double]) =
      settings.isNative
      ? (.imageNetMean, .imageNetDeviation) : weighsSize ? ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]) : (.clipMean, .clipDeviation)
    normalisation = try settings.normalisation(mean: statistics.0, deviation: statistics.1)
    self.packer = packer
  }

  package func prepare(_ image: RGBImage) throws -> PreparedImage {
    let size = PreparedImage.Extent(rows: image.height, columns: image.width)
    let division =
      tiles.map { weighsSize ? TileCanvas.weighed(size, side: tile.rows, tiles: $0) : TileCanvas.tiled(size, tile: tile, tiles: $0) }
      ?? .init(rows: 1, columns: 1)
    let canvas = try image.resized(
      width: division.columns * tile.columns, height: division.rows * tile.rows, by: resampler)
    var pictures = canvas.tiles(division, width: tile.columns, height: tile.rows)
    let isCut = pictures.count > 1
    if isCut {
      pictures.append(try image.resized(width: tile.columns, height: tile.rows, by: resampler))
    }
    let made = try pictures.map { try packer.tile([normalisation.planes($0)]) }
    return PreparedImage(
      made, division: division, overview: isCut ? made.count - 1 : nil, size: size)
  }
}

extension [Double] {
  static var imageNetMean: Self { [0.485, 0.456, 0.406] }
  static var imageNetDeviation: Self { [0.229, 0.224, 0.225] }
}
