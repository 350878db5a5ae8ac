import Checkpoints
import Files
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Mapping

@Suite struct ConversionTests {
  /// Name, dtype, shape and hash of every tensor.
  static func digest(_ path: String) throws -> [String: String] {
    let reader = try Checkpoint.open(path)
    var digests: [String: String] = [:]
    for tensor in reader.tensors {
      let hash = try reader.withBytes(of: tensor.name) { SHA256.hash(of: $0) }
      digests[tensor.name] = "\(tensor.dtype) \(tensor.shape) \(hash)"
    }
    return digests
  }

  static func convert(
    _ path: String, to format: OutputFormat, dialect: String? = nil, _ output: URL
  ) throws -> ConversionSummary {
    let catalog = try FamilyCatalog.builtIn()
    let source = try MappedCheckpoint.open(path, catalog: catalog)
    let plan = try ConversionPlan(of: source, to: format, dialect: dialect, catalog: catalog)
    var options = Conversion.Options(output: output.path)
    options.maximumShardByteCount = 100_000
    return try Conversion.run(plan, options)
  }

  @Test(arguments: MappedCheckpointTests.checkpoints) func comesBackBitForBit(path: String) throws {
    let source = Fixture.url(path)
    try Fixture.withTemporaryDirectory { directory in
      let runtime = directory.appending(path: "runtime")
      let back = directory.appending(path: "back")
      _ = try Self.convert(source.path, to: .runtime, runtime)
      _ = try Self.convert(runtime.path, to: .hf, back)
      #expect(try Self.digest(source.path) == Self.digest(back.path))
      let weights = [".safetensors", ".index.json", "manifest.json"]
      for name in try FileManager.default.contentsOfDirectory(atPath: source.path)
      where !weights.contains(where: name.hasSuffix) {
        #expect(
          try Data(contentsOf: source.appending(path: name)) == Data(contentsOf: back.appending(path: name)),
          "\(name)")
      }
    }
  }

  @Test(arguments: MappedCheckpointTests.checkpoints) func runtimeHoldsTheSameValues(path: String) throws {
    let source = try MappedCheckpoint.open(Fixture.url(path).path)
    try Fixture.withTemporaryDirectory { directory in
      _ = try Self.convert(Fixture.url(path).path, to: .runtime, directory.appending(path: "runtime"))
      let runtime = try MappedCheckpoint.open(directory.appending(path: "runtime").path)
      #expect(runtime.isRuntime)
      #expect(runtime.configuration == source.configuration)
      #expect(runtime.parameters == source.parameters)
      for name in source.parameters.keys {
        #expect(try runtime.floats(name).values == source.floats(name).values, "\(name)")
      }
    }
  }

  @Test(arguments: ["qwen2_vl", "qwen2_5_vl"]) func changesDialect(family: String) throws {
    let four = Fixture.url("families/\(family)/transformers-4").path
    try Fixture.withTemporaryDirectory { directory in
      let five = directory.appending(path: "five")
      let summary = try Self.convert(four, to: .hf, dialect: "transformers-5", five)
      // Fused tensors are cut apart and joined again without a trace.
      #expect(!summary.transforms.isEmpty)
      let back = directory.appending(path: "back")
      _ = try Self.convert(five.path, to: .hf, dialect: "transformers-4", back)
      #expect(try Self.digest(four) == Self.digest(back.path))
      let names = try Set(Self.digest(five.path).keys)
      #expect(names.contains("model.visual.blocks.0.attn.qkv.weight"))
      #expect(names.contains("model.language_model.norm.weight"))
    }
  }

  @Test func manifestNamesSourcesAndHashes() throws {
    let source = Fixture.url("families/siglip/transformers-4")
    let digests = try Self.digest(source.path)
    try Fixture.withTemporaryDirectory { directory in
      let runtime = directory.appending(path: "runtime")
      _ = try Self.convert(source.path, to: .runtime, runtime)
      let data = try Data(contentsOf: runtime.appending(path: "manifest.json"))
      let manifest = try JSONDecoder().decode(Manifest.self, from: data)
      #expect(manifest.tensors.map(\.name) == manifest.tensors.map(\.name).sorted())
      let written = try Self.digest(runtime.path)
      for tensor in manifest.tensors {
        #expect(written[tensor.name]?.hasSuffix(tensor.sha256) == true)
        for source in tensor.sources {
          let hash = try #require(source.sha256)
          #expect(digests[source.name]?.hasSuffix(hash) == true)
        }
      }
      #expect(Set(manifest.tensors.flatMap { $0.sources.map(\.name) }) == Set(digests.keys))
      let query = manifest.tensors.first { $0.name == "vision.pooling.attention.query.weight" }
      #expect(query?.sources.map(\.name) == ["vision_model.head.attention.in_proj_weight"])
      #expect(query?.transform == "split 0")
    }
  }

  @Test func isDeterministic() throws {
    try Fixture.withTemporaryDirectory { directory in
      let source = Fixture.url("families/qwen2_5_vl/transformers-4").path
      let one = directory.appending(path: "one")
      let two = directory.appending(path: "two")
      _ = try Self.convert(source, to: .runtime, one)
      _ = try Self.convert(source, to: .runtime, two)
      for name in try FileManager.default.contentsOfDirectory(atPath: one.path) {
        #expect(
          FileManager.default.contentsEqual(
            atPath: one.appending(path: name).path, andPath: two.appending(path: name).path), "\(name)")
      }
    }
  }

  @Test func refusesDialectsItDoesNotKnow() throws {
    try Fixture.withTemporaryDirectory { directory in
      let error = #expect(throws: VLMError.self) {
        try Self.convert(
          Fixture.url("families/qwen2_vl/transformers-4").path, to: .hf, dialect: "keras",
          directory.appending(path: "x"))
      }
      #expect(error?.code == .conversionDialect)
      #expect(error?.remedy == "known: transformers-4, transformers-5")
    }
  }
}
