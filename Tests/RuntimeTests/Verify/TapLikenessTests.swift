import Checkpoints
import Foundation
import Mapping
import Runtime
import Tensors
import TestSupport
import Testing

/// References that are wrong in the ways in which recordings go wrong, made out of one that transformers recorded.
@Suite struct TapLikenessTests {
  private static let family = "clip"

  /// Verifies the family's reference with some tensors replaced; shapes are left as they were.
  private static func verify(_ change: (inout [String: [Float]]) -> Void) throws -> [VerificationReport.Tap] {
    let reader = try Checkpoint.open(Fixture.url("families/\(family)/reference.safetensors").path)
    var values: [String: [Float]] = [:]
    for tensor in reader.tensors {
      values[tensor.name] = try reader.withBytes(of: tensor.name) { Array($0.bindMemory(to: Float.self)) }
    }
    let shapes = Dictionary(uniqueKeysWithValues: reader.tensors.map { ($0.name, $0.shape.dimensions) })
    change(&values)
    let entries = values.sorted { $0.key < $1.key }.map { name, values in
      let known = shapes[name] ?? [values.count]
      let fits = known.reduce(1, *) == values.count
      return ReferenceFileTests.Entry(name, floats: values, fits ? known : [values.count])
    }
    return try Fixture.withTemporaryDirectory { directory in
      let url = directory.appending(path: "taps.safetensors")
      try ReferenceFileTests.write(entries, to: url)
      return try Verification.run(
        try MappedCheckpoint.open(Fixture.url("families/\(family)/transformers-5").path), reference: url.path
      ).taps
    }
  }

  private static func likeness(_ tap: String, _ change: (inout [String: [Float]]) -> Void) throws
    -> TapLikeness?
  {
    try verify(change).first { $0.name == tap }?.likeness
  }

  @Test func aTapOneOff() throws {
    let taps = try Self.verify { values in
      (values["vision.blocks.1"], values["vision.blocks.2"]) = (
        values["vision.blocks.0"], values["vision.blocks.1"]
      )
    }
    let found = taps.compactMap(\.likeness)
    #expect(found.map(\.relation) == [.equal, .equal])
    #expect(found.map(\.tap) == ["vision.blocks.0", "vision.blocks.1"])
    #expect(taps.filter { !$0.passed }.map(\.name) == ["vision.blocks.1", "vision.blocks.2"])
  }

  @Test func aNameThatTheRuntimeDoesNotKnow() throws {
    let found = try Self.likeness("vision.layers.2") { $0["vision.layers.2"] = $0["vision.blocks.1"] }
    #expect(found?.relation == .equal && found?.tap == "vision.blocks.1")
  }

  @Test(arguments: [0.125 as Float, -1, 32])
  func aConstantFactor(factor: Float) throws {
    let found = try #require(
      try Self.likeness("vision.blocks.1") {
        $0["vision.blocks.1"] = $0["vision.blocks.1"]!.map { $0 * factor }
      })
    #expect(found.relation == .scaled && found.tap == "vision.blocks.1")
    #expect(abs(found.factor! / Double(factor) - 1) < 1e-5)
  }

  /// 2 pictures of 17 tokens, 32 wide.
  @Test func tokensInAnotherOrder() throws {
    let found = try Self.likeness("vision.blocks.1") { values in
      let all = values["vision.blocks.1"]!
      values["vision.blocks.1"] = (0..<34).flatMap { (row: Int) -> [Float] in
        let start = 32 * (row / 17 * 17 + row % 17 * 5 % 17)
        return Array(all[start..<start + 32])
      }
    }
    #expect(found?.relation == .permuted && found?.tap == "vision.blocks.1")
  }

  @Test func channelsFirst() throws {
    let found = try Self.likeness("vision.blocks.2") { values in
      let all = values["vision.blocks.2"]!
      values["vision.blocks.2"] = all.indices.map { index in
        let (image, within) = (index / (17 * 32), index % (17 * 32))
        return all[(image * 17 + within % 17) * 32 + within / 17]
      }
    }
    #expect(found?.relation == .transposed && found?.tap == "vision.blocks.2")
  }

  @Test(arguments: [true, false])
  func withoutTheClassToken(first: Bool) throws {
    let found = try Self.likeness("vision.blocks.1") { values in
      let all = values["vision.blocks.1"]!
      values["vision.blocks.1"] = (0..<2).flatMap { image in
        Array(all[(image * 17 + (first ? 1 : 0)) * 32..<(image * 17 + (first ? 17 : 16)) * 32])
      }
    }
    #expect(found?.relation == (first ? .withoutFirst : .withoutLast) && found?.rows == 1)
  }

  /// Noise is like nothing.
  @Test func somethingElse() throws {
    let taps = try Self.verify { values in
      values["vision.blocks.1"] = values["vision.blocks.1"]!.enumerated().map { $1 + Float($0 * 7919 % 13) }
    }
    #expect(taps.allSatisfy { $0.likeness == nil })
    #expect(taps.filter { !$0.passed }.map(\.name) == ["vision.blocks.1"])
  }

  @Test func nothingIsLookedForInAGoodOne() throws {
    #expect(try Self.verify { _ in }.allSatisfy { $0.passed && $0.likeness == nil })
  }
}
