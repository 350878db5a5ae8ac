import Foundation
import Mapping
import Reports
import Tensors
import TestSupport
import Testing

@Suite struct CheckpointTerminalReportTests {
  /// The summary of a fixture, with `changes` made to its JSON.
  static func summary(_ fixture: String, _ changes: [String: Any] = [:]) throws -> CheckpointSummary {
    let summary = try CheckpointSummary(MappedCheckpoint.open(Fixture.url(fixture).path))
    var fields = try #require(
      try JSONSerialization.jsonObject(with: JSONEncoder().encode(summary)) as? [String: Any])
    fields["path"] = "fixtures/" + fixture
    fields.merge(changes) { $1 }
    return try JSONDecoder().decode(
      CheckpointSummary.self, from: JSONSerialization.data(withJSONObject: fields))
  }

  @Test(arguments: ["qwen2_5_vl", "siglip", "clip"])
  func fixtures(family: String) throws {
    let text = CheckpointTerminalReport(try Self.summary("families/\(family)/transformers-5")).render(
      on: .plain)
    try Golden.expect(text, matches: "inspect-\(family).txt")
  }

  @Test func defectsAndShards() throws {
    let defect = { (name: String, message: String) in ["name": name, "message": message] }
    let summary = try Self.summary(
      "families/qwen2_5_vl/transformers-5",
      [
        "isCoverageExact": false, "unclaimed": [defect("visual.extra.weight", "no rule knows it")],
        "missing": [defect("vision.blocks.1.norm1.weight", "visual.blocks.1.norm1.weight is not there")],
        "mismatches": [defect("visual.merger.mlp.0.weight", "is [64, 32], not [64, 64]")],
        "ignored": [["tensor": "rotary.inv_freq", "reason": "computed"]],
        "shards": [
          ["file": "model-00001-of-00002.safetensors", "tensors": 50, "bytes": 100_000],
          ["file": "model-00002-of-00002.safetensors", "tensors": 9, "bytes": 20_000],
        ],
        "quantization": ["scheme": "w8a8", "strategy": "group", "groupSize": 64, "kept": ["language.head"]],
      ])
    let text = CheckpointTerminalReport(summary).render(on: Terminal(width: 80))
    try Golden.expect(text, matches: "inspect-defects.txt")
    for line in text.split(separator: "\n") { #expect(line.columns <= 80, "\(line)") }
  }
}
