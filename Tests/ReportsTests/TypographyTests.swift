import Reports
import Testing

@Suite struct TypographyTests {
  @Test(arguments: [
    ("-0.1 [-0.2, 0.1]", "\u{2212}0.1 [\u{2212}0.2, 0.1]"), ("end-effector", "end-effector"),
    ("1e-06", "1e-06"),
    ("vit-2", "vit-2"), ("- item", "- item"), ("", ""),
  ])
  func minus(text: String, expected: String) { #expect(Typography.minus(text) == expected) }

  @Test func squares() { #expect(Typography.sentence("0.1 R2, not R2D2") == "0.1 R², not R2D2") }
}
