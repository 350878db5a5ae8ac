import Checkpoints
import Foundation
import Mapping
import Tensors
import TestSupport
import Testing

@Suite struct MappedCheckpointTests {
  /// The small random checkpoints of every family: `families/<family>/<dialect>`.
  static let checkpoints = try! folders(in: "families").flatMap { family in
    try folders(in: "families/\(family)").map { "families/\(family)/\($0)" }
  }

  private static func folders(in path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(
      at: Fixture.url(path), includingPropertiesForKeys: [.isDirectoryKey]
    ).filter { try $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true }
      .map(\.lastPathComponent).sorted()
  }

  @Test(arguments: checkpoints) func coversExactly(path: String) throws {
    let checkpoint = try MappedCheckpoint.open(Fixture.url(path).path)
    #expect(checkpoint.coverage.isExact)
    let optional = Set(checkpoint.inventory.parameters.filter(\.isOptional).map(\.name))
    let expected = Set(checkpoint.inventory.parameters.map(\.name))
    #expect(Set(checkpoint.parameters.keys).union(optional) == expected.union(optional))
    for parameter in checkpoint.inventory.parameters {
      guard let found = checkpoint.shape(of: parameter.name) else { continue }
      #expect(found.dimensions == parameter.shape, "\(parameter.name)")
    }
  }

  @Test(arguments: checkpoints) func claimsEverySourceOnce(path: String) throws {
    let checkpoint = try MappedCheckpoint.open(Fixture.url(path).path)
    let claimed = checkpoint.coverage.claims.flatMap(\.sources) + checkpoint.coverage.ignored.map(\.tensor)
    #expect(claimed.sorted() == checkpoint.reader.tensors.map(\.name))
  }

  @Test func cutsFusedTensorsApart() throws {
    let checkpoint = try MappedCheckpoint.open(Fixture.url("families/qwen2_vl/transformers-5").path)
    let reader = try Checkpoint.open(Fixture.url("families/qwen2_vl/transformers-5").path)
    let fused = try reader.withBytes(of: "model.visual.blocks.0.attn.qkv.weight") { bytes in
      Array(bytes.bindMemory(to: Float.self))
    }
    let parts = try ["query", "key", "value"].flatMap { part in
      try checkpoint.floats("vision.blocks.0.attention.\(part).weight").values
    }
    #expect(parts == fused)
  }

  /// Bytes in place are those lent, also of a part of a fused tensor; what must be gathered first is not in place.
  @Test(arguments: checkpoints) func residentBytesAreTheParameters(path: String) throws {
    let checkpoint = try MappedCheckpoint.open(Fixture.url(path).path)
    var inPlace = 0
    for name in checkpoint.parameters.keys.sorted() {
      guard let resident = try checkpoint.resident(name) else { continue }
      inPlace += 1
      let equal = try checkpoint.withBytes(of: name) { lent in
        withExtendedLifetime(resident.owner) { lent.elementsEqual(resident.bytes) }
      }
      #expect(equal, "\(name)")
    }
    #expect(inPlace > 0)
  }

  @Test func namesTheNearestParameter() throws {
    let checkpoint = try MappedCheckpoint.open(Fixture.url("families/siglip/transformers-5").path)
    let error = #expect(throws: VLMError.self) { try checkpoint.floats("vision.blocks.0.norm1.wieght") }
    #expect(error?.code == .parameterUnknown)
    #expect(error?.remedy?.contains("vision.blocks.0.norm1.weight") == true)
  }
}
