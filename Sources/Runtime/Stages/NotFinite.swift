internal import Tensors

/// The first place in a run at which values stopped being numbers.
///
/// A NaN goes on through everything after it, through int8 codes as a zero, and ends as a wrong text or figure; so every
/// stage is looked at as it is handed over, which costs one reading of what was just written.
struct NotFinite: Sendable {
  let stage: String
  let row: Int
  let column: Int
  let value: Float

  /// `nil` when all of `x`, `[rows, width]`, is finite.
  init?(_ stage: @autoclosure () -> String, _ x: UnsafePointer<Float>, rows: Int, width: Int) {
    guard let place = Finiteness.firstFault(in: x, count: rows * width) else { return nil }
    self.stage = stage()
    row = place / width
    column = place % width
    value = x[place]
  }

  /// - Parameter file: the checkpoint.
  func error(file: String) -> VLMError {
    VLMError(
      .stageNotFinite,
      "holds a value that is no number: \(Finiteness.word(value)) at row \(row), channel \(column), and all is finite before it",
      file: file, tensor: stage,
      remedy: "a weight of that stage is NaN, or larger than its arithmetic holds: repair the checkpoint")
  }
}
