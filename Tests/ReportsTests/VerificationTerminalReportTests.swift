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

  @Test func nothingToCompare() {
    #expect(
      VerificationTerminalReport(Self.report([])).render(on: .plain).contains(
        "passed: 0 taps within 1.0e-04."))
  }
}
