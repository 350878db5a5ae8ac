package import Mapping
package import Tensors

/// Cuts normalised frames into the rows that the patch embedding multiplies: `(t, h/m, w/m, m, m)` by `(C, T, P, P)`.
package struct PatchPacker: Sendable {
  package let channels: Int
  package let patchSize: Int
  /// Frames in one patch; fewer given frames are repeated to fill it.
  package let temporalPatchSize: Int
  package let mergeSize: Int

  package init(channels: Int = 3, patchSize: Int, temporalPatchSize: Int = 1, mergeSize: Int = 1) {
    self.channels = channels
    self.patchSize = patchSize
    self.temporalPatchSize = temporalPatchSize
    self.mergeSize = mergeSize
  }

  /// The patches of a model's encoder; where there are several, channels of one follow those of another.
  ///
  /// Traps when the model has no encoder.
  package init(_ configuration: ModelConfiguration) {
    guard let vision = configuration.vision else { preconditionFailure("a model without a vision encoder") }
    let isRaster = configuration.projector?.kind.input == .rasterTokens
    self.init(
      channels: configuration.encoders.reduce(0) { $0 + $1.channels }, patchSize: vision.patchSize,
      temporalPatchSize: vision.temporalPatchSize, mergeSize: isRaster ? 1 : vision.spatialMergeSize)
  }

  /// Values of one patch.
  package var patchValues: Int { channels * temporalPatchSize * patchSize * patchSize }

  /// Packs one picture in one tile, or a clip: each frame is `[channels, height, width]`; see `tile`.
  package func pack(_ frames: [FloatTensor]) throws(VLMError) -> PreparedImage {
    PreparedImage([try tile(frames)], division: .init(rows: 1, columns: 1))
  }

  /// Packs one tile: each frame is `[channels, height, width]`.
  ///
  /// Pixels right of and below the last whole patch are left out, as a convolution without padding does. Throws when a
  /// frame has other extents than the first, or no whole merged patch.
  package func tile(_ frames: [FloatTensor]) throws(VLMError) -> PreparedImage.Tile {
    guard let shape = frames.first?.shape, shape.rank == 3, shape[0] == channels,
      frames.allSatisfy({ $0.shape == shape })
    else {
      throw VLMError(
        .inputShape, "frames are \(frames.map(\.shape)), the encoder takes [\(channels), height, width]")
    }
    let side = patchSize * mergeSize
    let (height, width) = (shape[1], shape[2])
    let (rows, columns) = (height / patchSize, width / patchSize)
    guard rows > 0, columns > 0, rows % mergeSize == 0, columns % mergeSize == 0 else {
      throw VLMError(
        .inputGrid, "\(width)x\(height) pixels do not make whole squares of \(side)",
        remedy: "resize to a multiple of \(side) pixels")
    }
    let steps = (frames.count + temporalPatchSize - 1) / temporalPatchSize
    let grid = PatchGrid(frames: steps, rows: rows, columns: columns)
    let cells = grid.coordinates(mergeSize: mergeSize)
    let patches = FloatTensor([grid.count, patchValues]) { destination in
      var target = destination.baseAddress!
      for step in 0..<steps {
        for cell in cells {
          for channel in 0..<channels {
            for time in 0..<temporalPatchSize {
              let frame = frames[min(step * temporalPatchSize + time, frames.count - 1)]
              var source =
                frame.base + (channel * height + cell.row * patchSize) * width + cell.column * patchSize
              for _ in 0..<patchSize {
                target.update(from: source, count: patchSize)
                target += patchSize
                source += width
              }
            }
          }
        }
      }
    }
    return PreparedImage.Tile(patches: patches, grid: grid)
  }
}
