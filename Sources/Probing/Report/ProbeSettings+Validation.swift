package import Tensors

extension ProbeSettings {
  /// - Throws: `probing.setting.invalid` naming the setting.
  package func validate() throws(VLMError) {
    func check(_ good: Bool, _ message: String) throws(VLMError) {
      if !good { throw VLMError(.probeSettingInvalid, message) }
    }
    try check((3...50).contains(folds), "\(folds) folds; there must be 3 to 50")
    try check((1...32).contains(gridSide), "a grid of \(gridSide) cells a side; there must be 1 to 32")
    try check((1...64).contains(pixelGridSide), "\(pixelGridSide) pixel cells a side; there must be 1 to 64")
    try check((19...9999).contains(permutations), "\(permutations) permutations; there must be 19 to 9999")
    try check((50...20_000).contains(resamples), "\(resamples) resamples; there must be 50 to 20000")
    try check(confidence > 0.5 && confidence < 1, "a confidence of \(confidence); it lies between 0.5 and 1")
    try check(margin >= 0 && margin.isFinite, "a margin of \(margin); it must not be negative")
    try check((0...1).contains(marginShare), "a margin share of \(marginShare); it lies between 0 and 1")
    try check(
      significance > 0 && significance < 1, "a significance of \(significance); it lies between 0 and 1")
    try check(
      1 / Double(permutations + 1) < significance,
      "\(permutations) permutations cannot reach p < \(significance)")
    try check(nullRank >= 1 && refitRank >= 1, "ranks must be at least 1")
    try check(
      !lambdas.isEmpty && lambdas.allSatisfy { $0 > 0 && $0.isFinite } && lambdas == lambdas.sorted(),
      "lambdas must be positive and ascending")
  }
}
