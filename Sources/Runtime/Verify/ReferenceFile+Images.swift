internal import Tensors

extension ReferenceFile {
  /// `input.pixel_values` as the encoder takes it: packed patches with `input.image_grid_thw`, or `[images, C, H, W]`.
  ///
  /// Throws when the two do not fit each other or the packer's patches.
  func images(_ packer: PatchPacker) throws -> [PreparedImage] {
    let pixels = try floats("input.pixel_values")
    return pixels.shape.rank == 2 ? try packed(pixels) : try pictures(pixels, packer)
  }

  private func packed(_ pixels: FloatTensor) throws -> [PreparedImage] {
    let name = "input.image_grid_thw"
    let values = try integers(name)
    guard shape(of: name)?.dimensions.last == 3 else {
      throw VLMError(.referenceInput, "is not [images, 3]", file: path, tensor: name)
    }
    var images: [PreparedImage] = []
    var row = 0
    for index in stride(from: 0, to: values.count, by: 3) {
      let extents = Array(values[index..<index + 3])
      guard extents.allSatisfy({ $0 > 0 }), let count = Shape(validating: extents)?.count,
        count <= pixels.rowCount - row
      else {
        throw VLMError(
          .referenceInput,
          "grid \(extents) needs more patches than the \(pixels.rowCount) of input.pixel_values",
          file: path, tensor: name)
      }
      let first = pixels.base + row * pixels.rowWidth
      let patches = FloatTensor([count, pixels.rowWidth]) {
        $0.baseAddress!.update(from: first, count: count * pixels.rowWidth)
      }
      let grid = PatchGrid(frames: extents[0], rows: extents[1], columns: extents[2])
      images.append(PreparedImage(patches: patches, grid: grid))
      row += count
    }
    guard row == pixels.rowCount else {
      throw VLMError(
        .referenceInput, "grids hold \(row) patches, input.pixel_values has \(pixels.rowCount)", file: path,
        tensor: name)
    }
    return images
  }

  private func pictures(_ pixels: FloatTensor, _ packer: PatchPacker) throws -> [PreparedImage] {
    guard pixels.shape.rank == 4 else {
      throw VLMError(
        .referenceInput,
        "is \(pixels.shape), neither [patches, values] nor [images, channels, height, width]",
        file: path, tensor: "input.pixel_values")
    }
    let shape = Shape(Array(pixels.shape.dimensions.dropFirst()))
    return try (0..<pixels.rowCount).map { index in
      let frame = FloatTensor(shape) {
        _ = $0.update(
          fromContentsOf: UnsafeBufferPointer(start: pixels.base + index * shape.count, count: shape.count))
      }
      return try packer.pack([frame])
    }
  }
}
