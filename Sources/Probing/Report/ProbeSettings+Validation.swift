package import Tensors

extension ProbeSettings {
  /// - Throws: `probing.setting.invalid` naming the setting.
  package func validate() throws(VLMError) {
    func check(_ good: Bool, _ message: String) throws(VLMError) {
      if !good { throw VLMError(.probeSettingInvalid, message) }
    }
    try check(
      significance > 0 && significance < 1, "significance must lie between 0 and 1, not be \(significance)")
    // The smallest p that n permutations can give is 1 / (n + 1).
    let fewest = max(19, Int((1 / significance).rounded(.down)))
    try check((3...50).contains(folds), "folds must be 3 to 50, not \(folds)")
    try check((1...32).contains(gridSide), "grid must be 1 to 32 cells a side, not \(gridSide)")
    try check(
      (1...64).contains(pixelGridSide), "pixel grid must be 1 to 64 cells a side, not \(pixelGridSide)")
    try check(
      (fewest...9999).contains(permutations),
      "permutations must be \(fewest) to 9999, not \(permutations): fewer cannot reach p < \(significance)")
    try check(
      confidence > 0.5 && confidence < 1, "confidence must lie between 0.5 and 1, not be \(confidence)")
    try check(margin >= 0 && margin.isFinite, "margin must be 0 or more, not \(margin)")
    try check((0...1).contains(marginShare), "margin share must lie between 0 and 1, not be \(marginShare)")
    try check(nullRank >= 1 && refitRank >= 1, "ranks must be at least 1")
    try check(
      !lambdas.isEmpty && lambdas.allSatisfy { $0 > 0 && $0.isFinite } && lambdas == lambdas.sorted(),
      "lambdas must be positive and ascending")
  }
}
