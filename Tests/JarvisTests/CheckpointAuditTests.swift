import Foundation
import Mapping
import Tensors
import TestSupport
import Testing

@testable import Jarvis

@Suite struct CheckpointAuditTests {
  private func audit(
    _ change: (inout JarvisCheckpoint) throws -> Void = { _ in }, named name: String = "jarvis-qwen2-vl"
  ) throws -> CheckpointAudit {
    try JarvisCheckpoint.with(change, named: name) { try CheckpointAudit(MappedCheckpoint.open($0.path)) }
  }

  private func verdicts(_ audit: CheckpointAudit, _ verdict: AuditFinding.Verdict) -> [String] {
    audit.findings.filter { $0.verdict == verdict }.map(\.id)
  }

  @Test func aSoundCheckpointPasses() throws {
    let audit = try audit()
    #expect(audit.isSound && verdicts(audit, .failed).isEmpty, "\(audit.findings)")
    #expect(verdicts(audit, .warning).isEmpty, "\(audit.findings)")
    #expect(
      verdicts(audit, .passed) == [
        "tokens.ids", "tokens.whole", "tokens.special", "embedding.trained", "prompt.system", "prompt.turns", "picture.size",
        "generation.stop", "generation.sampling", "path.backbone", "names.freezing",
      ], "\(audit.findings)")
    #expect(audit.findings.first { $0.id == "picture.size" }?.sentence.contains("644x364, 299 tokens") == true)
    let rows = Dictionary(uniqueKeysWithValues: audit.rows.map { ($0.rows, $0) })
    #expect(rows["written"]?.count == 63 && rows["unwritten"]?.count == 12 && rows["reserved"]?.count == 158)
    // Of 64 numbers of deviation 0.04: 8 times as much.
    #expect(abs(rows["written"]!.median - 0.32) < 0.02 && abs(rows["reserved"]!.median - 0.16) < 0.01)
    #expect(audit.rows.allSatisfy { $0.zeros == 0 && $0.unchanged == nil } && rows["written"]?.copies == 0)
  }

  /// What users of the agent met, one thing at a time.
  @Test(arguments: Fault.all) func everyFaultIsFound(fault: Fault) throws {
    let audit = try audit(fault.plant, named: fault.name)
    let finding = try #require(audit.findings.first { $0.id == fault.id }, "\(audit.findings)")
    #expect(finding.verdict == fault.verdict && finding.sentence.contains(fault.said), "\(finding)")
    #expect(audit.isSound == (fault.verdict != .failed))
    // Nothing else is blamed.
    let others = audit.findings.filter { $0.id != fault.id && !fault.follows.contains($0.id) && [.failed, .warning].contains($0.verdict) }
    #expect(others.isEmpty, "\(others)")
  }

  struct Fault: CustomTestStringConvertible {
    let testDescription: String
    let id: String
    let verdict: AuditFinding.Verdict
    let said: String
    var follows: [String] = []
    var name = "jarvis-qwen2-vl"
    let plant: @Sendable (inout JarvisCheckpoint) throws -> Void

    static let all: [Fault] = [
      Fault(
        testDescription: "the base's tokenizer", id: "tokens.ids", verdict: .failed, said: "251 of 251 tokens are not in"
      ) { $0.tokens.removeAll { $0.id >= JarvisCheckpoint.first } },
      Fault(
        testDescription: "tokens appended one place later", id: "tokens.ids", verdict: .failed,
        said: "<|reserved_special_token_18|> is 151676, not 151675"
      ) { checkpoint in
        checkpoint.tokens = checkpoint.tokens.map { $0.id < JarvisCheckpoint.first ? $0 : ($0.id + 1, $0.content) }
        checkpoint.tokens.insert((JarvisCheckpoint.first, "<|tool|>"), at: 14)
      },
      Fault(testDescription: "rows of zeros", id: "embedding.trained", verdict: .failed, said: "2 zero") { checkpoint in
        for id in [151_835, 151_861] { checkpoint.table[id] = checkpoint.table[id].map { _ in 0 } }
      },
      Fault(testDescription: "all rows the mean", id: "embedding.trained", verdict: .failed, said: "63 copies of another") { checkpoint in
        for id in 151_657..<151_908 { checkpoint.table[id] = checkpoint.table[0] }
      },
      Fault(
        testDescription: "untrained rows", id: "embedding.trained", verdict: .warning, said: "cannot be told from"
      ) { checkpoint in
        for id in JarvisCheckpoint.written { checkpoint.table[id] = checkpoint.table[id].map { $0 / 2 } }
      },
      Fault(
        testDescription: "too few rows", id: "embedding.rows", verdict: .failed, said: "has 151657 rows",
      ) { $0.table.removeLast($0.table.count - JarvisCheckpoint.first) },
      Fault(testDescription: "a NaN", id: "embedding.finite", verdict: .failed, said: "token 151700") { $0.table[151_700][3] = .nan },
      Fault(
        testDescription: "no system message", id: "prompt.system", verdict: .warning, said: "adds no system message"
      ) { $0.template = $0.template.replacing("<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n", with: "") },
      Fault(
        testDescription: "another system message", id: "prompt.system", verdict: .warning, said: "another system message"
      ) { $0.template = $0.template.replacing("You are a helpful assistant.", with: "You play Minecraft.") },
      Fault(
        testDescription: "larger pictures", id: "picture.size", verdict: .warning, said: "in training it was 644x364, 299"
      ) { checkpoint in
        checkpoint.made.files["preprocessor_config.json"] = Data(
          #"{"image_processor_type": "Qwen2VLImageProcessor", "min_pixels": 802816, "max_pixels": 1003520, "patch_size": 14, "merge_size": 2, "temporal_patch_size": 2}"#
            .utf8)
      },
      Fault(
        testDescription: "Instruct's settings", id: "generation.sampling", verdict: .warning, said: "top_k 1 takes the likeliest"
      ) { $0.generation = ["eos_token_id": [151_645, 151_643], "top_k": 1, "top_p": 0.001, "temperature": 0.01] },
      Fault(
        testDescription: "a penalty", id: "generation.sampling", verdict: .warning, said: "repetition_penalty 1.05"
      ) { $0.generation = ["eos_token_id": 151_645, "repetition_penalty": 1.05] },
      Fault(
        testDescription: "the base's end of text", id: "generation.stop", verdict: .warning, said: "do not end at <|im_end|>"
      ) { $0.generation = ["eos_token_id": 151_643] },
      Fault(testDescription: "an action token ends", id: "generation.stop", verdict: .failed, said: "token 151836") {
        $0.generation = ["eos_token_id": 151_836]
      },
      Fault(testDescription: "suppressed", id: "generation.suppressed", verdict: .failed, said: "151840") {
        $0.generation = ["eos_token_id": 151_645, "suppress_tokens": [5, 151_840]]
      },
      Fault(testDescription: "the folder's name", id: "path.backbone", verdict: .warning, said: "it stops", name: "stage-3") { _ in },
    ]
  }

  @Test func rowsThatAreAsInTheBaseAreUntrained() throws {
    try JarvisCheckpoint.with { base in
      try JarvisCheckpoint.with({ checkpoint in
        for id in [151_835, 151_861] { checkpoint.table[id] = checkpoint.table[id].map { $0 * 2 } }
      }) { trained in
        let audit = try CheckpointAudit(MappedCheckpoint.open(trained.path), base: MappedCheckpoint.open(base.path))
        let finding = try #require(audit.findings.first { $0.id == "embedding.trained" })
        #expect(finding.verdict == .failed && finding.sentence.contains("61 as in the base"), "\(finding)")
        #expect(audit.rows.map(\.unchanged) == audit.rows.map { $0.rows == "written" ? 61 : $0.count })
      }
    }
  }

  @Test func anotherFamilyIsRefused() throws {
    let checkpoint = try MappedCheckpoint.open(Fixture.url("tabletop-vlm").path)
    let error = #expect(throws: VLMError.self) { try CheckpointAudit(checkpoint) }
    #expect(error?.code == .auditFamily)
  }

  @Test(arguments: [([2.0, 3], [1.0], 1.0), ([1], [1], 0.5), ([0], [1, 2], 0), ([1, 2], [1, 2], 0.5)] as [([Double], [Double], Double)])
  func probabilityOfOneAboveTheOther(first: [Double], second: [Double], auc: Double) {
    #expect(EmbeddingAudit.auc(first, second) == auc)
  }
}
