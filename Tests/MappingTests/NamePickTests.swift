import Mapping
import Tensors
import Testing

@Suite struct NamePickTests {
  @Test(arguments: [
    ("vision.blocks.3.mlp.down", "vision.blocks.3.mlp.down", true),
    ("vision.blocks.3", "vision.blocks.3.mlp.down", true),
    ("vision.blocks.3", "vision.blocks.31.mlp.down", false),
    ("vision.blocks.*.mlp.down", "vision.blocks.3.mlp.down", true),
    ("vision.blocks.*.mlp.down", "vision.blocks.3.mlp.up", false),
    ("*.query", "language.blocks.0.attention.query", true),
    ("*.query", "language.blocks.0.attention.key", false),
    ("vision.blocks.?.mlp", "vision.blocks.7.mlp.up", true),
    ("vision.blocks.?.mlp", "vision.blocks.17.mlp.up", false),
    ("*", "projector.layers.0", true),
    ("**a*b**", "xaxxbx", true),
    ("projector", "projector.layers.0", true),
    ("project", "projector.layers.0", false),
    ("", "projector.layers.0", false),
    ("re:vision\\.blocks\\.(0|31)\\.", "vision.blocks.31.mlp.up", true),
    ("re:vision\\.blocks\\.(0|31)\\.", "vision.blocks.3.mlp.up", false),
    ("re:mlp", "vision.blocks.3.mlp.up", false),
    ("re:.*mlp", "vision.blocks.3.mlp.up", true),
  ])
  func selects(_ pattern: String, _ name: String, _ expected: Bool) throws {
    #expect(try NamePick(pattern).matches(name) == expected)
  }

  @Test func refusesWhatIsNoExpression() {
    #expect { try NamePick("re:(") } throws: { ($0 as? VLMError)?.code == .patternMalformed }
  }

  @Test func longGlobsStayQuick() throws {
    let pattern = try NamePick(String(repeating: "a*", count: 200) + "b")
    #expect(!pattern.matches(String(repeating: "a", count: 2000)))
  }
}
