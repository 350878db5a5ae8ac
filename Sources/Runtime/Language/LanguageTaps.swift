internal import Tensors

/// Copies the wanted stages out of a run of the language model, chunk by chunk, and notes where values stop being numbers.
struct LanguageTaps {
  /// The first stage handed over that was not finite, wanted or not.
  private(set) var fault: NotFinite?
  private let wanted: Set<LanguageStage>
  private let tokens: Int
  private(set) var activations: [LanguageStage: FloatTensor] = [:]

  init(_ wanted: Set<LanguageStage>, tokens: Int) {
    self.wanted = wanted
    self.tokens = tokens
  }

  func wants(_ stage: LanguageStage) -> Bool { wanted.contains(stage) }

  /// `x` holds `rows` of the sequence, `[rows.count, width]`.
  mutating func record(_ stage: LanguageStage, _ x: UnsafePointer<Float>, rows: Range<Int>, width: Int) {
    if fault == nil { fault = NotFinite(stage.name, x, rows: rows.count, width: width) }
    guard wants(stage) else { return }
    let whole = activations[stage] ?? FloatTensor([tokens, width]) { _ in }
    (whole.base + rows.lowerBound * width).update(from: x, count: rows.count * width)
    activations[stage] = whole
  }
}
