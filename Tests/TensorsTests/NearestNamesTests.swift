import Foundation
import Tensors
import TestSupport
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

  @Test func aPathIsMendedWhereItsFirstMissingPartIs() throws {
    try Fixture.withTemporaryDirectory { directory in
      let inner = directory.appending(path: "checkpoints/qwen2-vl")
      try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
      try Data().write(to: inner.appending(path: "model.safetensors"))
      let root = directory.path
      let cases = [
        ("checkpoints/qwen2-vI", "checkpoints/qwen2-vl"), ("checkpoint/qwen2-vl", "checkpoints/qwen2-vl"),
        ("checkpoint/other", "checkpoints"), ("checkpoints/qwen2-vl/model.safetensor", "checkpoints/qwen2-vl/model.safetensors"),
      ]
      for (given, meant) in cases {
        #expect(NearestNames.suggestion(forPath: "\(root)/\(given)") == "did you mean \"\(root)/\(meant)\"?")
      }
      for path in ["\(root)/checkpoints", "\(root)/elsewhere", "\(inner.path)/model.safetensors/x"] {
        #expect(NearestNames.suggestion(forPath: path) == nil, "\(path)")
      }
    }
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
