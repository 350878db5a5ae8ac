package import Tensors

/// What the vision side hands over of one image: the rows that take the place of its tokens.
package struct ImageFeatures: Sendable {
  /// As the projector left them, in the order of the sequence.
  package let projected: StageActivation
  /// Features that are added to the same tokens after block 0, 1, … (Qwen3-VL's DeepStack), each `[tokens, width]`.
  package let deepstack: [FloatTensor]

  package init(_ projected: StageActivation, deepstack: [FloatTensor] = []) {
    self.projected = projected
    self.deepstack = deepstack
  }

  /// `[tokens, width]`
  package var values: FloatTensor { projected.values }
  package var tokenCount: Int { projected.tokenCount }
  /// How tokens lie in the image, for positions over (time, row, column); `nil` when they do not.
  var grid: PatchGrid? { projected.pictures[0].grid }
}
