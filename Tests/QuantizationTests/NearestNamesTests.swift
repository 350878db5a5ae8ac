import Quantization
import Testing

@Suite struct NearestNamesTests {
  let names = (0..<32).flatMap { block in
    ["attention.query", "attention.key", "mlp.up", "mlp.down"].map { "vision.blocks.\(block).\($0)" }
  }

  @Test func suggestsEachKindOnce() {
    let found = NearestNames.suggestions(for: "vision.block.0.mlp.dwn", among: names)
    #expect(found.first == "vision.blocks.*.mlp.down")
    #expect(Set(found).count == found.count)
    #expect(found.count <= 3)
  }

  @Test func suggestsNothingFarAway() {
    #expect(NearestNames.suggestions(for: "zzzzzzzzzzzzzzz", among: names).isEmpty)
  }
}
