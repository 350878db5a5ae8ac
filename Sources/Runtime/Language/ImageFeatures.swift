package import Tensors

/// What the vision side hands over of one image: the rows that take the place of its tokens.
package struct ImageFeatures: Sendable {
  /// `[tokens, width]`, in the order of the sequence.
  package let values: FloatTensor
  /// Features that are added to the same tokens after block 0, 1, … (Qwen3-VL's DeepStack), each `[tokens, width]`.
  package let deepstack: [FloatTensor]
  /// How tokens lie in the image, for positions over (time, row, column); `nil` when they do not.
  package let grid: (frames: Int, rows: Int, columns: Int)?

  package init(
    values: FloatTensor, deepstack: [FloatTensor] = [], grid: (frames: Int, rows: Int, columns: Int)? = nil
  ) {
    self.values = values
    self.deepstack = deepstack
    self.grid = grid
  }

  package var tokenCount: Int { values.rowCount }
}
