import Foundation
import Mapping
import Reports
import Tensors
import TestSupport
import Testing

/// Two checkpoints of `fixtures/`, compared and put into words.
@Suite struct DiffTerminalReportTests {
  /// The difference of two checkpoints, with the path of the fixtures taken out.
  private static func diff(_ first: URL, _ second: URL) throws -> CheckpointDiff {
    let diff = try CheckpointDiff.between(
      try MappedCheckpoint.open(first.path), try MappedCheckpoint.open(second.path))
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    var text = String(decoding: try encoder.encode(diff), as: UTF8.self)
    for (name, url) in [("first", first), ("second", second)] {
      text = text.replacing("\"\(url.path)\"", with: "\"\(name)/\(url.lastPathComponent)\"")
    }
    return try Fixed.value(CheckpointDiff.self, text)
  }

  private static func diff(_ first: String, _ second: String) throws -> CheckpointDiff {
    try diff(Fixture.url(first), Fixture.url(second))
  }

  private static func text(_ diff: CheckpointDiff, _ modules: DiffTerminalReport.Modules = .most(3)) -> String
  {
    DiffTerminalReport(diff, modules: modules).render(on: .plain)
  }

  /// A copy of a checkpoint in F32 with the tensors under `prefix` made 3 % larger.
  private static func enlarging(_ prefix: String, of model: String, in directory: URL) throws -> URL {
    let copy = directory.appending(path: "enlarged")
    try FileManager.default.copyItem(at: Fixture.url(model), to: copy)
    let file = copy.appending(path: "model.safetensors")
    var bytes = [UInt8](try Data(contentsOf: file))
    let length = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = try #require(
      try JSONSerialization.jsonObject(with: Data(bytes[8..<8 + length])) as? [String: [String: Any]])
    for (name, entry) in header where name.hasPrefix(prefix) && entry["dtype"] as? String == "F32" {
      let range = try #require(entry["data_offsets"] as? [Int])
      bytes[(8 + length + range[0])..<(8 + length + range[1])].withUnsafeMutableBytes { bytes in
        for place in stride(from: 0, to: bytes.count, by: 4) {
          let value = bytes.loadUnaligned(fromByteOffset: place, as: Float.self)
          bytes.storeBytes(of: value * 1.03, toByteOffset: place, as: Float.self)
        }
      }
    }
    try Data(bytes).write(to: file)
    return copy
  }

  @Test func sameFile() throws {
    let text = Self.text(try Self.diff("families/clip/transformers-5", "families/clip/transformers-5"))
    try Golden.expect(text, matches: "diff-identical.txt")
    #expect(text.hasPrefix("Vision encoder bit-identical, projector bit-identical, language bit-identical,"))
    #expect(!text.contains("module"))
  }

  /// Names make no difference where dtypes are the same.
  @Test func otherDialect() throws {
    let text = Self.text(try Self.diff("families/clip/transformers-4", "keras/clip/tf2"), .most(0))
    #expect(!text.contains("module"))
    let same = Self.text(try Self.diff("families/clip/transformers-4", "families/clip/transformers-5"))
    #expect(same.hasPrefix("Vision encoder bit-identical, "))
    #expect(same.contains("\nvision          55             55      0        0        0        0 %"))
  }

  /// The same values in BF16 and in F32 have other bits, and are not called identical anywhere.
  @Test func otherDType() throws {
    let diff = try Self.diff("families/qwen2_vl/transformers-4", "families/qwen2_vl/transformers-5")
    #expect(diff.isSame)
    let text = Self.text(diff, .all)
    #expect(text.hasPrefix("Vision encoder equal after conversion from BF16 to F32, "))
    #expect(text.contains("\nequal: the same values in another dtype or in other bits.\n"))
    let table = text.split(separator: "\n").filter { $0.hasPrefix("vision.") }
    #expect(!table.isEmpty && table.allSatisfy { $0.hasSuffix("  equal") })
    #expect(!text.contains("rounded: ") && text.components(separatedBy: "bit-identical").count == 2)
  }

  @Test func languageChanged() throws {
    try Fixture.withTemporaryDirectory { directory in
      let model = "families/clip/transformers-5"
      let diff = try Self.diff(
        Fixture.url(model),
        try Self.enlarging("text_model.encoder.layers.1.mlp.fc1.", of: model, in: directory))
      #expect(!diff.isSame)
      try Golden.expect(Self.text(diff), matches: "diff-language.txt")
      // All modules, in the order of the forward pass.
      let all = Self.text(diff, .all)
      #expect(all.contains("vision.blocks.0.norm1") && !all.contains("changed less"))
      let lines = all.split(separator: "\n").filter { $0.hasPrefix("language.") }
      #expect(lines.first?.hasSuffix("  bit-identical") == true)
      #expect(lines.contains { $0.hasPrefix("language.blocks.1.mlp.up") && $0.hasSuffix("  changed") })
    }
  }

  @Test func missingTensors() throws {
    let less = Self.text(try Self.diff("keras/clip/tf2", "keras/clip/tf2-vision"))
    try Golden.expect(less, matches: "diff-missing.txt")
    let more = Self.text(try Self.diff("keras/clip/tf2-vision", "keras/clip/tf2"))
    #expect(more.hasPrefix("Vision encoder bit-identical; 23 parameters only in the second.\n"))
    #expect(
      more.contains("only in the second: projector.layers.0.weight, ") && !more.contains("in the first"))
  }

  /// Stages of training: the last lines are the sentence and, of a claim, its outcome.
  @Test(arguments: [("stage-3", "diff-stage.txt"), ("stage-3-unfrozen", "diff-stage-failed.txt")])
  func stages(stage: String, golden: String) throws {
    let diff = try Self.diff("jarvis/stages/stage-2", "jarvis/stages/\(stage)")
    let text = DiffTerminalReport(diff, modules: .most(2), expecting: .imitation).render(on: .plain)
    try Golden.expect(text, matches: golden)
    let plain = Self.text(diff, .most(2))
    #expect(text.hasPrefix(plain) && plain.contains("of JARVIS-VLA: ") && !plain.contains("claimed"))
  }

  /// Rounding, resizing, notes and figures without a value, on any width.
  @Test func everythingAtOnce() throws {
    let diff = try Fixed.value(
      CheckpointDiff.self,
      """
      {"first": {"path": "before", "family": "paligemma", "dialect": "transformers-4"},
       "second": {"path": "after", "family": "paligemma", "dialect": "runtime"},
       "summary": "Vision encoder changed by rounding only from F32 to BF16, 0.17 %, language changed beyond measure.",
       "components": [
         {"name": "vision", "tensors": 1200, "identical": 3, "equal": 20, "rounded": 1177, "changed": 0,
          "figures": {"elements": 412442352, "relative": 0.0017, "cosine": 0.9999986, "largest": 0.0156}},
         {"name": "language", "tensors": 2, "identical": 1, "equal": 0, "rounded": 0, "changed": 1,
          "figures": {"elements": 10}}],
       "modules": [
         {"name": "vision.blocks.0.mlp.up", "tensors": 1, "identical": 0, "equal": 0, "rounded": 1, "changed": 0,
          "figures": {"elements": 4, "relative": 0.0017, "cosine": 0.9999986, "largest": 0.0156}},
         {"name": "language.norm", "tensors": 1, "identical": 0, "equal": 0, "rounded": 0, "changed": 1,
          "figures": {"elements": 10}}],
       "parameters": [], "resized": [
         {"name": "language.token_embedding.weight", "shapes": [[257152, 2048], [257216, 2048]], "comparedRows": 257152},
         {"name": "vision.position_embedding.weight", "shapes": [[256, 1152], [256, 1024]]}],
       "notFinite": [], "onlyInFirst": [], "onlyInSecond": ["language.head.weight"],
       "notes": ["int8 codes count as the values they stand for"]}
      """)
    let text = Self.text(diff)
    try Golden.expect(text, matches: "diff-everything.txt")
    let narrow = DiffTerminalReport(diff, modules: .most(1)).render(on: Terminal(width: 60))
    for line in narrow.split(separator: "\n") { #expect(line.columns <= 60, "\(line)") }
    #expect(narrow.contains("1 other module changed less"))
  }
}
