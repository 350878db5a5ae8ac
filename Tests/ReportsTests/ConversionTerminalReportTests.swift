import Mapping
import Reports
import Testing

@Suite struct ConversionTerminalReportTests {
  static func summary(dryRun: Bool) throws -> ConversionSummary {
    try Fixed.value(
      ConversionSummary.self,
      """
      {"dryRun": \(dryRun), "target": "runtime", "family": "qwen2_5_vl", "dialect": "hf", "output": "out/tabletop", "tensors": 187,
       "bytes": 4418000000, "peakBufferBytes": 16777216, "resumedBytes": 1200000000,
       "shards": [{"file": "model-00001-of-00002.safetensors", "bytes": 4000000000, "tensors": 160},
                  {"file": "model-00002-of-00002.safetensors", "bytes": 418000000, "tensors": 27}],
       "transforms": [{"transform": "rename", "tensors": 171, "bytes": 4100000000},
                      {"transform": "split(0, 3)", "tensors": 16, "bytes": 318000000}],
       "copiedFiles": ["preprocessor_config.json", "tokenizer.json"], "leftFiles": ["README.md"], "carried": [],
       "dropped": [{"tensor": "lm_head.weight", "reason": "tied to the token embedding"}],
       "notes": ["config.json of the source is kept under `source`"]}
      """)
  }

  @Test func written() throws {
    let text = ConversionTerminalReport(try Self.summary(dryRun: false), seconds: 8.04).render(on: .plain)
    try Golden.expect(text, matches: "convert.txt")
  }

  @Test func plan() throws {
    let text = ConversionTerminalReport(try Self.summary(dryRun: true)).render(on: Terminal(width: 50))
    #expect(text.hasPrefix("Plan, nothing written: qwen2_5_vl"))
    #expect(!text.contains("took"))
    for line in text.split(separator: "\n") { #expect(line.columns <= 50, "\(line)") }
  }
}
