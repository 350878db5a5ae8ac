package import Tensors

/// An image (or a clip) as the encoder takes it: normalised patches in the image processor's order.
package struct PreparedImage: Sendable {
  /// `[grid.count, channels * temporalPatchSize * patchSize²]`; a row is one patch in order C, T, P, P.
  package let patches: FloatTensor
  package let grid: PatchGrid

  /// Traps when there are not `grid.count` rows.
  package init(patches: FloatTensor, grid: PatchGrid) {
    precondition(patches.rowCount == grid.count, "\(patches.shape) for \(grid)")
    self.patches = patches
    self.grid = grid
  }
}
