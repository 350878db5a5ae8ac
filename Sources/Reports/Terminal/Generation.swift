package import Runtime

extension VisionLanguageModel.Summary {
  /// What a generation cost, in one line.
  package var line: String {
    let written = Figure.count(tokens.count, "token")
    let rate = tokensPerSecond.map { ", \(Figure.decimal($0, places: 1)) a second" } ?? ""
    let images = imageTokens > 0 ? ", \(Figure.count(imageTokens)) of them image tokens" : ""
    return
      "vlmtool: \(Figure.count(promptTokens, "token")) of prompt\(images) in "
      + "\(Figure.decimal(promptSeconds, places: 2)) s; \(written) written\(rate)"
      + (ended ? "" : "; stopped at --max-tokens")
  }
}
