import Reports
import Testing

@Suite struct SparklineTests {
  @Test func lines() {
    #expect(Sparkline.line([0, 0.5, 1, .nan, 7, -7], in: 0...1, on: .plain) == "▁▅█ █▁")
    #expect(Sparkline.line([0, 0.5, 1], in: 0...1, on: Terminal(unicode: false)) == "_=#")
    #expect(Sparkline.line([3], in: 3...3, on: .plain) == "▁")
  }

  @Test(arguments: [
    (0.0, "    "), (0.5, "██  "), (0.53125, "██▏ "), (1.0, "████"), (.nan, "    "), (9, "████"),
  ])
  func bars(fraction: Double, text: String) { #expect(Sparkline.bar(fraction, width: 4, on: .plain) == text) }
}
