import Mapping
import Reports
import Runtime
import Testing

@Suite struct VerificationTerminalReportTests {
  static func report(_ taps: [VerificationReport.Tap]) -> VerificationReport {
    VerificationReport(
      checkpoint: "checkpoints/tabletop-vlm", reference: "taps.safetensors", family: "qwen2_5_vl",
      precision: .float32,
      tolerance: 1e-4, only: [.vision, .projector], taps: taps)
  }

  static let good = [
    VerificationReport.Tap(
      name: "vision.embeddings", elements: 12288, relativeError: 2.1e-7, cosine: 0.999_999_999_9, passed: true
    ),
    VerificationReport.Tap(
      name: "projector", elements: 3072, relativeError: 4.4e-6, cosine: 0.999_999_9, passed: true),
  ]

  @Test func passes() throws {
    try Golden.expect(
      VerificationTerminalReport(Self.report(Self.good)).render(on: .plain), matches: "verify-passed.txt")
  }

  @Test func fails() throws {
    let taps =
      Self.good + [
        VerificationReport.Tap(
          name: "vision.blocks.3", elements: 3072, relativeError: 0.024, cosine: 0.9912, passed: false),
        VerificationReport.Tap(
          name: "projector.deepstack.0", elements: 0, defect: "is no tap of this model", passed: false),
      ]
    try Golden.expect(
      VerificationTerminalReport(Self.report(taps)).render(on: .plain), matches: "verify-failed.txt")
  }

  @Test(arguments: [
    (TapLikeness(relation: .equal, tap: "vision.blocks.2"), "equals this runtime's vision.blocks.2"),
    (
      TapLikeness(relation: .scaled, tap: "vision.norm", factor: 0.0883883476),
      "is this runtime's vision.norm times 0.0883883"
    ),
    (
      TapLikeness(relation: .permuted, tap: "projector"),
      "has the tokens of this runtime's projector in another order"
    ),
    (TapLikeness(relation: .transposed, tap: "projector"), "is this runtime's projector transposed"),
    (
      TapLikeness(relation: .withoutFirst, tap: "vision.norm", rows: 1),
      "is this runtime's vision.norm without the first 1 token"
    ),
    (
      TapLikeness(relation: .withoutLast, tap: "vision.norm", rows: 5),
      "is this runtime's vision.norm without the last 5 tokens"
    ),
  ])
  func saysWhatATapIsAfterAll(likeness: TapLikeness, words: String) {
    var tap = VerificationReport.Tap(
      name: "vision.blocks.3", elements: 64, relativeError: 0.5, cosine: 0.1, passed: false)
    tap.likeness = likeness
    let text = VerificationTerminalReport(Self.report([tap])).render(on: .plain)
    #expect(text.contains("\n  the recorded vision.blocks.3 \(words)\n"), "\(text)")
  }

  @Test func nothingToCompare() {
    #expect(
      VerificationTerminalReport(Self.report([])).render(on: .plain).contains(
        "passed: 0 taps within 1.0e-04."))
  }
}
