package import Runtime

/// What a generation cost, in one line.
package struct GenerationReport: Sendable {
  package let summary: VisionLanguageModel.Summary

  package init(_ summary: VisionLanguageModel.Summary) { self.summary = summary }

  package var line: String {
    let written = Figure.count(summary.tokens.count, "token")
    let rate = summary.tokensPerSecond.map { ", \(Figure.decimal($0, places: 1)) a second" } ?? ""
    let images = summary.imageTokens > 0 ? ", \(Figure.count(summary.imageTokens)) of them image tokens" : ""
    return
      "vlmtool: \(Figure.count(summary.promptTokens, "token")) of prompt\(images) in "
      + "\(Figure.decimal(summary.promptSeconds, places: 2)) s; \(written) written\(rate)"
      + (summary.ended ? "" : "; stopped at --max-tokens")
  }
}
