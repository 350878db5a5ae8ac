import Foundation
import Tensors
import TestSupport
import Testing

@testable import Mapping

/// Stages of training between checkpoints that torch trained, frozen by the authors' patterns: see fixtures/oracle/make_jarvis_stages.py.
@Suite struct StageProofTests {
  /// What NumPy found in the files.
  struct Found: Decodable, Sendable, CustomTestStringConvertible {
    struct Part: Decodable, Sendable {
      struct Most: Decodable, Sendable { let module: String; let relative: Double }
      let tensors: Int
      let exact: Int
      let rounded: [String]
      let moved: Int
      let relative: Double
      let most: Most
    }
    let base: String
    let stage: String
    /// Names that the patterns matched.
    let frozen: [String]
    let rows: [Int]
    let parts: [String: Part]
    let fits: [TrainingStage]
    var testDescription: String { "\(base) to \(stage)" }
  }

  static let folder = "jarvis/stages"
  static let all = try! JSONDecoder().decode([Found].self, from: Data(contentsOf: Fixture.url("\(folder)/stages.json")))

  static func open(_ name: String) throws -> MappedCheckpoint { try MappedCheckpoint.open(Fixture.url("\(folder)/\(name)").path) }

  static func diff(_ base: String, _ stage: String) throws -> CheckpointDiff {
    try CheckpointDiff.between(open(base), open(stage))
  }

  /// A stage with something about it changed, compared with its base.
  private func altered(
    _ stage: String, from base: String, _ change: (inout CheckpointCase) throws -> Void,
    _ body: (CheckpointDiff, StageProof) throws -> Void
  ) throws {
    try CheckpointCase.with("\(Self.folder)/\(stage)", change) { folder in
      let diff = try CheckpointDiff.between(Self.open(base), MappedCheckpoint.open(folder.path))
      try body(diff, #require(diff.stages))
    }
  }

  /// Tensors whose names begin so, taken from another checkpoint of this folder, of the same dtype.
  private func take(_ prefix: String, of other: String, into made: inout CheckpointCase) throws {
    let tensors = try CheckpointCase("\(Self.folder)/\(other)").tensors
    for (name, tensor) in tensors where name.hasPrefix(prefix) { made.tensors[name] = tensor }
  }

  private func part(_ component: ModelComponent, _ proof: StageProof) -> StageProof.Part {
    proof.parts.first { $0.component == component }!
  }

  private func refuted(_ stage: TrainingStage, _ diff: CheckpointDiff) -> VLMError? {
    do throws(VLMError) { try diff.requireStage(stage) } catch { return error }
    return nil
  }

  @Test(arguments: all) func equalsWhatNumPyFinds(found: Found) throws {
    let diff = try Self.diff(found.base, found.stage)
    let proof = try #require(diff.stages)
    for part in proof.parts {
      let expected = try #require(found.parts[part.component.rawValue])
      let parameters = diff.parameters.filter { $0.component == part.component }
      func names(_ likenesses: [CheckpointDiff.Likeness]) -> Set<String> {
        Set(parameters.filter { likenesses.contains($0.likeness) }.flatMap { $0.sources?[0] ?? [] })
      }
      // A fused qkv is three parameters here: one tensor moved if any of them did.
      #expect(names([.changed]).count == expected.moved)
      #expect(names([.rounded]) == Set(expected.rounded))
      #expect(Set(parameters.flatMap { $0.sources?[0] ?? [] }).count == expected.tensors)
      #expect((part.moved == 0) == (expected.moved == 0) && (part.rounded == 0) == expected.rounded.isEmpty)
      #expect(part.exact + part.rounded + part.moved == part.tensors && part.untold.isEmpty)
      #expect(abs(try #require(part.relative) - expected.relative) <= 1e-6 * expected.relative)
      if expected.moved > 0 {
        let most = try #require(part.most)
        let source = try #require(most.sources.first)
        let piece = source.hasSuffix(".qkv") ? " " + most.name.split(separator: ".").last! : ""
        #expect(source + piece == expected.most.module)
        #expect(abs(try #require(most.relative) - expected.most.relative) <= 1e-6 * expected.most.relative)
      }
      // What the patterns matched is as it was.
      #expect(names([.changed]).isDisjoint(with: found.frozen))
    }
    #expect(proof.verdicts.filter(\.fits).map(\.stage) == found.fits)
    for stage in TrainingStage.allCases { #expect((refuted(stage, diff) == nil) == found.fits.contains(stage)) }
    let added = found.rows[1] - found.rows[0]
    #expect(
      proof.sentence.contains(
        "\(added) rows added to language.token_embedding.weight and language.head.weight, the first \(found.rows[0]) compared")
        == (added > 0))
  }

  @Test func sentences() throws {
    let third = try #require(try Self.diff("stage-2", "stage-3").stages)
    #expect(
      third.sentence.hasPrefix(
        "Language alone moved, as in stages I and III of JARVIS-VLA: vision encoder equal after conversion from BF16 to F32, "
          + "projector equal after conversion from BF16 to F32, language moved 27 % in 27 of 27 tensors, most in language.blocks.1."))
    let second = try #require(try Self.diff("stage-1", "stage-2").stages)
    #expect(second.sentence.hasPrefix("Everything moved, as in stage II of JARVIS-VLA: vision encoder moved 14 % in 33 of 33 tensors, "))
    // The published stage is F16 and its base BF16: small values are rounded, and nothing else happened to them.
    let first = try #require(try Self.diff("base", "stage-1").stages)
    #expect(first.sentence.contains("vision encoder changed by rounding only from BF16 to F16, 0.00000029 %"), "\(first.sentence)")
  }

  // MARK: Freezing that failed

  @Test func patternsThatMatchedNothing() throws {
    let diff = try Self.diff("stage-2", "stage-3-unfrozen")
    let error = try #require(refuted(.imitation, diff))
    #expect(error.code == .stageRefuted && error.tensor?.hasPrefix("vision.") == true)
    #expect(error.message.contains("vision encoder is claimed frozen and moved 13 % in 33 of 33 tensors; projector is claimed frozen"))
    #expect(error.message.contains("projector is claimed frozen and moved 23 % in 6 of 6 tensors"))
    let remedy = try #require(error.remedy)
    for text in ["visual\\.blocks", "4.52", "model.visual.", "saved by transformers 5.23.0"] { #expect(remedy.contains(text), "\(remedy)") }
  }

  /// Under a version whose names the patterns match, they are not the cause; of none, nothing is claimed.
  @Test(arguments: [("4.51.3", "freezing was not asked for"), ("4.52.0", "saved by transformers 4.52.0"), (nil, "the known cause: ")] as [(String?, String)])
  func theVersionDecidesTheCause(version: String?, text: String) throws {
    try altered("stage-3-unfrozen", from: "stage-2", { $0.config["transformers_version"] = version }) { _, proof in
      let remedy = try #require(proof.verdict(on: .knowledge).remedy)
      #expect(remedy.contains(text) && remedy.contains("saved by") == (version != nil), "\(remedy)")
    }
  }

  @Test(arguments: [("4.52", true), ("4.52.0.dev0", true), ("5.0.0", true), ("10.1", true), ("4.51.9", false), ("4.9", false), ("x", false)])
  func versions(text: String, isSince: Bool) {
    #expect(StageWording.isSince452(text) == isSince)
  }

  /// The opposite: everything is claimed to train, and the tower stood still.
  @Test func aTowerThatStoodStill() throws {
    let error = try #require(refuted(.grounding, try Self.diff("stage-2", "stage-3")))
    #expect(error.message.contains("vision encoder is claimed to train and did not move (equal after conversion from BF16 to F32)"))
    #expect(error.message.contains("projector is claimed to train and did not move"))
    #expect(!error.message.contains("language") && error.remedy?.contains("fix_visual_encoder") == true)
  }

  @Test(arguments: [("visual.merger.", "fix_visual_encoder was off", 33), ("visual.blocks.", "fix_visual_adapter was off", 0), ("visual.blocks.1.", "", 17)])
  func partsOfATower(frozen: String, remedy: String, moved: Int) throws {
    try altered("stage-3-unfrozen", from: "stage-2") {
      try take(frozen, of: "stage-2", into: &$0)
      if frozen == "visual.blocks." { try take("visual.patch_embed.", of: "stage-2", into: &$0) }
    } _: { diff, proof in
      #expect(part(.vision, proof).moved == moved)
      let error = try #require(refuted(.imitation, diff))
      if !remedy.isEmpty { #expect(error.remedy?.hasPrefix(remedy) == true, "\(error)") }
      // Half a tower that trained is still a stage II.
      #expect((refuted(.grounding, diff) == nil) == remedy.isEmpty)
      #expect(proof.sentence.hasPrefix("What moved fits no stage") == !remedy.isEmpty)
    }
  }

  /// From BF16 to F32, moved by less than BF16 resolves: the first is the second rounded, and yet it trained.
  @Test func lessThanTheBaseResolves() throws {
    try altered("stage-3", from: "stage-2") { made in
      for name in made.tensors.keys where name.hasPrefix("visual.") {
        made.tensors[name]!.data.withUnsafeMutableBytes { bytes in
          for place in stride(from: 0, to: bytes.count, by: 4) {
            let bits = bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)
            bytes.storeBytes(of: bits ^ 1, toByteOffset: place, as: UInt32.self)
          }
        }
      }
    } _: { diff, proof in
      #expect(diff.parameters.filter { $0.component == .vision }.allSatisfy { $0.likeness == .rounded })
      #expect(part(.vision, proof).moved == 33 && part(.projector, proof).moved == 6)
      #expect(refuted(.imitation, diff) != nil && refuted(.grounding, diff) == nil)
    }
  }

  // MARK: Embeddings with other rows

  /// A row that both have is looked at, whatever else is added; the added ones are no training.
  @Test(arguments: [(5, true), (64, false), (314, false)]) func rowsThatBothHave(row: Int, moved: Bool) throws {
    try altered("stage-1", from: "base") { made in
      let (rounded, base) = (made.tensors, try CheckpointCase("\(Self.folder)/base").tensors)
      made.tensors = base
      for name in ["model.embed_tokens.weight", "lm_head.weight"] {
        let tensor = rounded[name]!
        var data = base[name]!.data
        data.append(tensor.data.dropFirst(data.count))
        made.tensors[name] = .init(dtype: "BF16", shape: tensor.shape, data: data)
      }
      // A row is eight values of two bytes.
      made.tensors["lm_head.weight"]!.data[row * 16] ^= 1
    } _: { diff, proof in
      #expect(part(.language, proof).moved == (moved ? 1 : 0))
      #expect((refuted(.imitation, diff) == nil) == moved)
      #expect(proof.sentence.contains("251 rows added to language.token_embedding.weight and language.head.weight, the first 64 compared"))
      #expect(proof.sentence.hasPrefix(moved ? "Language alone moved" : "Nothing moved"))
    }
  }

  @Test func rowsTakenAway() throws {
    let diff = try Self.diff("stage-1", "base")
    #expect(diff.stages?.sentence.contains("251 rows taken from language.token_embedding.weight") == true)
  }

  // MARK: What cannot be told

  /// A frozen part with a parameter that cannot be compared is not proven.
  @Test func aParameterOfOtherExtents() throws {
    try altered("stage-3", from: "stage-2") { made in
      made.config["vision_config"] = (made.config["vision_config"] as! [String: Any]).merging(["depth": 1]) { $1 }
      made.tensors = made.tensors.filter { !$0.key.hasPrefix("visual.blocks.1.") }
    } _: { diff, proof in
      #expect(part(.vision, proof).untold.count == 16 && part(.vision, proof).moved == 0)
      let error = try #require(refuted(.imitation, diff))
      #expect(error.message.contains("vision encoder is claimed frozen and cannot be compared in full: vision.blocks.1."))
      #expect(error.message.contains("and 13 more") && proof.sentence.contains("but for what cannot be compared in full"))
    }
  }

  /// Rows of a vocabulary may be added; half of an encoder's rows are not the encoder.
  @Test func anEncoderOfFewerRows() throws {
    try altered("stage-3", from: "stage-2") { made in
      made.config["vision_config"] = (made.config["vision_config"] as! [String: Any]).merging(["mlp_ratio": 1]) { $1 }
      for (name, tensor) in made.tensors where name.contains(".mlp.fc") && tensor.data.count > 32 {
        let shape = name.contains("fc1") ? [8] + tensor.shape.dropFirst() : [8, 8]
        made.tensors[name] = .init(dtype: "F32", shape: shape, data: tensor.data.prefix(4 * shape.reduce(1, *)))
      }
    } _: { diff, proof in
      #expect(part(.vision, proof).untold.count == 6 && part(.vision, proof).moved == 0)
      #expect(refuted(.imitation, diff)?.message.contains("vision encoder is claimed frozen and cannot be compared in full") == true)
    }
  }

  @Test func nothingMoved() throws {
    let diff = try Self.diff("stage-2", "stage-2")
    for stage in TrainingStage.allCases {
      let error = try #require(refuted(stage, diff))
      #expect(error.message.contains("language is claimed to train and did not move (bit-identical)"))
      #expect(error.remedy?.hasPrefix("give the checkpoint that the training started from") == true)
    }
    #expect(diff.stages?.sentence.hasPrefix("Nothing moved, which is no stage of JARVIS-VLA: vision encoder bit-identical, ") == true)
  }

  @Test func noWholeVLM() throws {
    let clip = try MappedCheckpoint.open(Fixture.url("families/clip/transformers-5").path)
    let siglip = try MappedCheckpoint.open(Fixture.url("families/siglip_vision_model/transformers-5").path)
    for (diff, reason) in [
      (try CheckpointDiff.between(clip, clip), "is a dual encoder and no VLM"),
      (try CheckpointDiff.between(siglip, siglip), "has no projector to compare"),
      (try CheckpointDiff.between(Self.open("base"), Self.open("base"), only: [.vision]), "has no projector to compare"),
      (try CheckpointDiff.between(Self.open("base"), MappedCheckpoint.open(Fixture.url("tabletop-vlm").path)), "is of another family"),
    ] {
      #expect(diff.stages == nil)
      let error = try #require(refuted(.grounding, diff))
      #expect(error.code == .stageUntold && error.message.contains(reason), "\(error)")
    }
  }
}
