internal import Images
internal import Mapping
internal import Tensors

extension ReferenceFile {
  /// `input.pixel_values` as the encoder takes it.
  ///
  /// Packed patches with `input.image_grid_thw`; padded rows of patches with `input.spatial_shapes`; pictures
  /// `[images, C, H, W]`; or tiles `[images, tiles, C, H, W]` of pictures (`input.image_sizes`) or of padded pictures
  /// (`input.pixel_attention_mask`). Throws when they do not fit each other or the encoder's patches.
  func images(for model: VisionModel) throws -> [PreparedImage] {
    let pixels = try floats(Self.pixels)
    guard pixels.shape.count > 0 else {
      throw defect(Self.pixels, "is \(pixels.shape): there is nothing in it")
    }
    switch pixels.shape.rank {
    case 2: return try packed(pixels)
    case 3 where shape(of: Self.shapes) != nil: return try rowsOfPatches(pixels, model.packer)
    case 4: return try pictures(pixels).map { try model.packer.pack([$0]) }
    case 5 where shape(of: Self.sizes) != nil: return try divided(pixels, model)
    case 5: return try padded(pixels, model.packer)
    default:
      throw defect(Self.pixels, "is \(pixels.shape), neither patches nor pictures nor tiles of pictures")
    }
  }

  /// A recorded activation without the rows that stand for padding.
  func activation(_ name: String) throws -> FloatTensor {
    let values = try floats(name)
    guard let mask = shape(of: Self.mask), mask.rank == 2, values.shape.rank == 3,
      values.shape.dimensions.prefix(2).elementsEqual(mask.dimensions)
    else { return values }
    let width = values.shape[2]
    let rows = try integers(Self.mask).enumerated().filter { $0.element != 0 }.map(\.offset)
    return FloatTensor([rows.count, width]) { destination in
      for (row, source) in rows.enumerated() {
        (destination.baseAddress! + row * width).update(from: values.base + source * width, count: width)
      }
    }
  }

  static let pixels = "input.pixel_values"
  private static let sizes = "input.image_sizes"
  private static let shapes = "input.spatial_shapes"
  private static let mask = "input.pixel_attention_mask"

  private func defect(_ tensor: String, _ message: String) -> VLMError {
    VLMError(.referenceInput, message, file: path, tensor: tensor)
  }

  private func packed(_ pixels: FloatTensor) throws -> [PreparedImage] {
    let name = "input.image_grid_thw"
    let values = try integers(name)
    guard shape(of: name)?.dimensions.last == 3 else { throw defect(name, "is not [images, 3]") }
    var images: [PreparedImage] = []
    var row = 0
    for index in stride(from: 0, to: values.count, by: 3) {
      let extents = Array(values[index..<index + 3])
      guard extents.allSatisfy({ $0 > 0 }), let count = Shape(validating: extents)?.count,
        count <= pixels.rowCount - row
      else {
        throw defect(
          name, "grid \(extents) needs more patches than the \(pixels.rowCount) of input.pixel_values")
      }
      let patches = part(pixels, row, [count, pixels.rowWidth])
      let grid = PatchGrid(frames: extents[0], rows: extents[1], columns: extents[2])
      images.append(PreparedImage(patches: patches, grid: grid))
      row += count
    }
    guard row == pixels.rowCount else {
      throw defect(name, "grids hold \(row) patches, input.pixel_values has \(pixels.rowCount)")
    }
    return images
  }

  /// NaFlex: `[images, patches, values]`, a patch in order P, P, C; rows after the image's own are padding.
  private func rowsOfPatches(_ pixels: FloatTensor, _ packer: PatchPacker) throws -> [PreparedImage] {
    let shapes = try integers(Self.shapes)
    let (count, values) = (pixels.shape[1], pixels.shape[2])
    guard shapes.count == 2 * pixels.rowCount, values == packer.patchValues, packer.temporalPatchSize == 1
    else { throw defect(Self.shapes, "does not fit \(pixels.shape) values of patches") }
    return try (0..<pixels.rowCount).map { image in
      let (rows, columns) = (shapes[2 * image], shapes[2 * image + 1])
      guard rows > 0, columns > 0, rows <= count / columns else {
        throw defect(Self.shapes, "\(rows)x\(columns) patches where there are \(count)")
      }
      let source = pixels.base + image * count * values
      let area = values / packer.channels
      let patches = FloatTensor([rows * columns, values]) { destination in
        for patch in 0..<rows * columns {
          for channel in 0..<packer.channels {
            for pixel in 0..<area {
              destination[patch * values + channel * area + pixel] =
                source[patch * values + pixel * packer.channels + channel]
            }
          }
        }
      }
      return PreparedImage(patches: patches, grid: PatchGrid(rows: rows, columns: columns))
    }
  }

  /// The pictures along all axes before the last three.
  private func pictures(_ pixels: FloatTensor) -> [FloatTensor] {
    let shape = Shape(Array(pixels.shape.dimensions.suffix(3)))
    return (0..<pixels.shape.dimensions.dropLast(3).reduce(1, *)).map { index in
      FloatTensor(shape) {
        $0.baseAddress!.update(from: pixels.base + index * shape.count, count: shape.count)
      }
    }
  }

  /// LLaVA-NeXT: an overview and tiles of each picture, then tiles of padding.
  private func divided(_ pixels: FloatTensor, _ model: VisionModel) throws -> [PreparedImage] {
    let sizes = try integers(Self.sizes)
    guard let grids = model.configuration.projector?.tileGrids,
      let side = model.configuration.vision?.imageSize,
      sizes.count == 2 * pixels.rowCount
    else { throw defect(Self.sizes, "does not fit the model or \(pixels.shape) pixels") }
    let (all, most) = (pictures(pixels), pixels.shape[1])
    return try (0..<pixels.rowCount).map { image in
      let size = PreparedImage.Extent(rows: sizes[2 * image], columns: sizes[2 * image + 1])
      guard size.rows > 0, size.columns > 0, size.rows <= RGBImage.maximumPixels / size.columns,
        let canvas = TileCanvas.best(for: size, among: grids)
      else {
        throw defect(Self.sizes, "\(size.columns)x\(size.rows) pixels")
      }
      let division = PreparedImage.Extent(rows: canvas.rows / side, columns: canvas.columns / side)
      let count = division.rows * division.columns + 1
      guard division.rows > 0, division.columns > 0, count <= most else {
        throw defect(Self.sizes, "needs \(count) tiles where there are \(most)")
      }
      let tiles = try all[image * most..<image * most + count].map { try model.packer.tile([$0]) }
      return PreparedImage(tiles, division: division, overview: 0, size: size)
    }
  }

  /// Idefics3: pictures padded to a common size, those of nothing but zeros left out.
  private func padded(_ pixels: FloatTensor, _ packer: PatchPacker) throws -> [PreparedImage] {
    let (height, width, side) = (pixels.shape[3], pixels.shape[4], packer.patchSize)
    let mask = shape(of: Self.mask) == nil ? nil : try integers(Self.mask)
    let all = pictures(pixels)
    guard mask == nil || mask!.count == all.count * height * width else {
      throw defect(Self.mask, "does not fit \(pixels.shape) pixels")
    }
    return try all.enumerated().compactMap { index, picture in
      guard picture.values.contains(where: { $0 != 0 }) else { return nil }
      let tile = try packer.tile([picture])
      guard let mask else { return PreparedImage([tile], division: .init(rows: 1, columns: 1)) }
      let own = mask[index * height * width..<(index + 1) * height * width]
      func shown(_ row: Int, _ column: Int) -> Bool { own[own.startIndex + row * width + column] != 0 }
      let content = PreparedImage.Extent(
        rows: (0..<tile.grid.rows).count { shown($0 * side, 0) },
        columns: (0..<tile.grid.columns).count { shown(0, $0 * side) })
      guard content.rows > 0, content.columns > 0 else {
        throw defect(Self.mask, "shows nothing of a picture")
      }
      return PreparedImage(
        [PreparedImage.Tile(patches: tile.patches, grid: tile.grid, content: content)],
        division: .init(rows: 1, columns: 1))
    }
  }

  private func part(_ tensor: FloatTensor, _ row: Int, _ shape: Shape) -> FloatTensor {
    FloatTensor(shape) {
      $0.baseAddress!.update(from: tensor.base + row * tensor.rowWidth, count: shape.count)
    }
  }
}
