import Tensors
import Testing

@Suite struct NearestNamesTests {
  static let commands = ["inspect", "convert", "quantize", "probe", "verify", "generate", "diff", "bench"]

  @Test(arguments: [
    ("inspct", "inspect"), ("insepct", "inspect"), ("quantise", "quantize"), ("verfiy", "verify"),
    ("dif", "diff"),
  ])
  func findsASlip(name: String, meant: String) {
    #expect(NearestNames.nearest(to: name, among: Self.commands) == meant)
    #expect(NearestNames.suggestion(for: name, among: Self.commands) == "did you mean \"\(meant)\"?")
  }

  @Test(arguments: ["frobnicate", "x", "", "/models/qwen"]) func findsNothingFarAway(name: String) {
    #expect(NearestNames.nearest(to: name, among: Self.commands) == nil)
  }

  /// Sets and dictionaries come in another order every time.
  @Test func theFirstByAlphabetOfSeveral() {
    for names in [["obs/b", "obs/a"], ["obs/a", "obs/b"]] {
      #expect(NearestNames.nearest(to: "obs/x", among: names) == "obs/a")
    }
  }

  let modules = (0..<32).flatMap { block in
    ["attention.query", "attention.key", "mlp.up", "mlp.down"].map { "vision.blocks.\(block).\($0)" }
  }

  @Test func suggestsEachPatternOnce() {
    let found = NearestNames.patterns(for: "vision.block.0.mlp.dwn", among: modules)
    #expect(found.first == "vision.blocks.*.mlp.down")
    #expect(Set(found).count == found.count)
    #expect(found.count <= 3)
    #expect(NearestNames.patterns(for: "zzzzzzzzzzzzzzz", among: modules).isEmpty)
  }
}
