import Foundation
import TestSupport
import Testing

/// Checkpoints whose weights another library keeps in few bits, on the command line.
@Suite struct QuantizedSourceTests {
  static let source = Fixture.url("quantized/awq").path

  @Test func inspectSaysHowTheyAreKept() throws {
    let run = try ToolProcess.run("inspect", Self.source)
    #expect(run.status == 0, "\(run.errors)")
    let text = run.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(
      text.contains("by awq: 22 tensors int4, one scale a group of 16 with a zero point"), "\(run.output)")
    #expect(
      run.errors.contains("note: ") && run.errors.contains("22 weights are quantized (awq: "), "\(run.errors)"
    )
  }

  @Test func convertWantsToBeTold() throws {
    try Fixture.withTemporaryDirectory { directory in
      let output = directory.appending(path: "out").path
      let refused = try ToolProcess.run("convert", Self.source, "-o", output, "--to", "hf")
      #expect(
        refused.status == 1 && refused.errors.contains("--dequantize writes them so"), "\(refused.errors)")
      #expect(!FileManager.default.fileExists(atPath: output))
      let done = try ToolProcess.run("convert", Self.source, "-o", output, "--to", "hf", "--dequantize")
      #expect(done.status == 0, "\(done.errors)")
      let again = try ToolProcess.run("convert", output, "-o", output + "-2", "--dequantize", "--dry-run")
      #expect(again.status == 0 && again.errors.contains("--dequantize changes nothing"), "\(again.errors)")
    }
  }

  @Test func quantizeSaysThatItRoundsAgain() throws {
    try Fixture.withTemporaryDirectory { directory in
      let run = try ToolProcess.run("quantize", Self.source, "-o", directory.appending(path: "out").path)
      #expect(run.status == 0 && run.errors.contains("they are rounded a second time"), "\(run.errors)")
    }
  }
}
