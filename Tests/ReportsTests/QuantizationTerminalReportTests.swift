import Quantization
import Reports
import Testing

@Suite struct QuantizationTerminalReportTests {
  static func report(dryRun: Bool) throws -> QuantizationReport {
    let loss = """
      {"name": "vision.blocks.31.mlp.down", "component": "vision", "decibels": 33.41},
      {"name": "vision.blocks.0.attention.output", "component": "vision", "decibels": 36.02}
      """
    let kept = { (name: String, because: String) in
      """
      {"name": "\(name)", "component": "language", "dtype": "BF16", "shape": [151936, 1536], "keptBecause": \(because),
       "bytesBefore": 466747392, "bytesAfter": 466747392}
      """
    }
    return try Fixed.value(
      QuantizationReport.self,
      """
      {"checkpoint": "Qwen2-VL-2B",
       "conversion": {"target": "runtime", "family": "qwen2_vl", "dialect": "transformers-4", "output": "out/int8",
         "tensors": 729, "bytes": 2680000000, "peakBufferBytes": 33554432, "resumedBytes": 0, "dryRun": \(dryRun),
         "shards": [{"file": "model.safetensors", "bytes": 2680000000, "tensors": 729}], "transforms": [],
         "copiedFiles": ["preprocessor_config.json"], "leftFiles": [], "carried": [], "dropped": [], "notes": []},
       "dryRun": \(dryRun), "format": "runtime", "scheme": "w8a8",
       "schemeSummary": "int8 weights, int8 activations scaled per token while running", "granularity": "channel",
       "activations": "int8, dynamic per token", "bytesBefore": 4418000000, "bytesAfter": 2680000000, "peakSliceBytes": 33554432,
       "components": [
         {"component": "vision", "quantizedTensors": 128, "quantizedBytesBefore": 1258291200,
          "quantizedBytesAfter": 631000000, "keptTensors": 262, "keptBytes": 71000000,
          \(dryRun ? "" : "\"worstDecibels\": 33.41, \"medianDecibels\": 41.7,") "worstLayers": [\(dryRun ? "" : loss)]},
         {"component": "projector", "quantizedTensors": 0, "quantizedBytesBefore": 0, "quantizedBytesAfter": 0,
          "keptTensors": 6, "keptBytes": 68000000, "worstLayers": []}],
       "fallbacks": [],
       "keptLayers": [\(kept("language.head", "{\"head\": {}}")), \(kept("projector.layers.0", "{\"pattern\": {\"_0\": \"projector\"}}"))],
       "layers": [\(dryRun ? "" : loss)],
       "stages": \(dryRun ? "null" : """
        [{"stage": "vision.blocks.31", "worstToken": 0.99871, "meanToken": 0.99962, "decibels": 30.2},
         {"stage": "projector", "worstToken": 0.9991, "meanToken": 0.9997}]
        """),
       "seconds": \(dryRun ? "null" : "9.62")}
      """)
  }

  @Test func afterARun() throws {
    try Golden.expect(
      QuantizationTerminalReport(try Self.report(dryRun: false)).render(on: .plain), matches: "quantize.txt")
  }

  @Test func plan() throws {
    try Golden.expect(
      QuantizationTerminalReport(try Self.report(dryRun: true)).render(on: Terminal(width: 80)),
      matches: "quantize-plan.txt")
  }
}
