import Checkpoints
import Files
import Foundation
import TestSupport
import Tensors
import Testing

@testable import Mapping

/// Conversion to mlx-vlm's names and layout and back, against what mlx-vlm itself writes (`fixtures/oracle/make_mlx.py`);
/// `check_mlx.py` has mlx-vlm load and run what is written.
@Suite struct MLXConversionTests {
  /// dtype, shape and SHA-256 of a tensor.
  struct Tensor: Decodable, Sendable, Equatable {
    let dtype: String
    let shape: [Int]
    let sha256: String

    init(_ name: String, in reader: any CheckpointReader) throws {
      let descriptor = try #require(reader.tensors.first { $0.name == name })
      dtype = descriptor.dtype.rawValue
      shape = descriptor.shape.dimensions
      sha256 = try reader.withBytes(of: name) { SHA256.hash(of: $0) }
    }

    init(from decoder: any Decoder) throws {
      var parts = try decoder.unkeyedContainer()
      dtype = try parts.decode(String.self)
      shape = try parts.decode([Int].self)
      sha256 = try parts.decode(String.self)
    }
  }

  static let written = try! JSONDecoder().decode(
    [String: [String: Tensor]].self, from: Data(contentsOf: Fixture.url("mlx/written.json")))
  static let sources = written.keys.sorted()

  private func open(_ path: String) throws -> MappedCheckpoint { try MappedCheckpoint.open(Fixture.url(path).path) }

  private func converted(_ source: MappedCheckpoint, to target: OutputFormat, in directory: URL) throws -> MappedCheckpoint {
    try source.convert(to: target, Conversion.Options(output: directory.path))
    return try MappedCheckpoint.open(directory.path)
  }

  private func tensors(_ reader: any CheckpointReader) throws -> [String: Tensor] {
    try Dictionary(uniqueKeysWithValues: reader.tensors.map { ($0.name, try Tensor($0.name, in: reader)) })
  }

  @Test(arguments: sources) func writesWhatMLXVLMWrites(path: String) throws {
    try Fixture.withTemporaryDirectory { directory in
      let mlx = try converted(open("families/\(path)"), to: .mlx, in: directory.appending(path: "mlx"))
      #expect(mlx.configuration.dialect.hasPrefix("mlx"))
      #expect(try tensors(mlx.reader) == Self.written[path])
    }
  }

  /// Directly and by the runtime's layout, the public files come back bit for bit.
  @Test(arguments: sources) func comesBackBitForBit(path: String) throws {
    try Fixture.withTemporaryDirectory { directory in
      let source = try open("families/\(path)")
      let mlx = try converted(source, to: .mlx, in: directory.appending(path: "mlx"))
      let runtime = try converted(mlx, to: .runtime, in: directory.appending(path: "runtime"))
      for (name, from) in [("direct", mlx), ("by runtime", runtime)] {
        let back = try converted(from, to: .hf, in: directory.appending(path: name))
        #expect(back.configuration.dialect == source.configuration.dialect)
        #expect(try tensors(back.reader) == tensors(source.reader))
      }
      let again = try converted(runtime, to: .mlx, in: directory.appending(path: "again"))
      #expect(try tensors(again.reader) == Self.written[path])
    }
  }

  @Test func readsWhatMLXVLMWrote() throws {
    try Fixture.withTemporaryDirectory { directory in
      let source = try open("mlx/paligemma")
      #expect(source.configuration.dialect == "mlx" && source.coverage.isExact && source.quantized == nil)
      let public_ = try converted(source, to: .hf, in: directory.appending(path: "hf"))
      #expect(public_.configuration.dialect == "transformers-4")
      let back = try converted(public_, to: .mlx, in: directory.appending(path: "mlx"))
      #expect(try tensors(back.reader) == tensors(source.reader))
      #expect(try CheckpointDiff.between(source, public_).isSame)
    }
  }

  /// The settings stay as they were but for those that mlx-vlm wants in its own spelling, and the processor goes along.
  @Test func settingsAndProcessorGoAlong() throws {
    try Fixture.withTemporaryDirectory { directory in
      let source = try open("families/qwen3_vl/transformers")
      let summary = try source.convert(to: .mlx, Conversion.Options(output: directory.appending(path: "mlx").path))
      #expect(summary.copiedFiles == ["preprocessor_config.json"] && summary.notes == [])
      let mlx = try MappedCheckpoint.open(directory.appending(path: "mlx").path)
      #expect(mlx.source.at("text_config.rope_theta")?.doubleValue == 5e6)
      #expect(mlx.source.at("text_config.rope_scaling.mrope_section")?.arrayValue?.compactMap(\.intValue) == [4, 2, 2])
      #expect(mlx.source.at("vision_config.model_type")?.stringValue == "qwen3_vl")
      #expect(mlx.source.at("vision_start_token_id") == source.source.at("vision_start_token_id"))
      #expect(mlx.source.at("vision_config.num_position_embeddings") == source.source.at("vision_config.num_position_embeddings"))
      var (one, other) = (source.configuration, mlx.configuration)
      one.dialect = other.dialect
      #expect(one == other)
      let header = try Data(contentsOf: directory.appending(path: "mlx/model.safetensors")).prefix(200)
      #expect(header.firstRange(of: Data(#""__metadata__":{"format":"mlx"}"#.utf8)) != nil)
    }
  }

  struct Refusal: CustomTestStringConvertible, Sendable {
    let path: String
    let says: String
    var testDescription: String { path }
  }

  @Test(arguments: [
    Refusal(path: "paligemma/transformers-4", says: "only heads whose widths add up"),
    Refusal(path: "llava_next_llama3/transformers-4", says: "scaled in a way that mlx-vlm does not know"),
    Refusal(path: "internvl_qwen2/transformers", says: "internvl cannot be written for mlx-vlm"),
    Refusal(path: "siglip/transformers-5", says: "SigLIP is the text tower alone"),
    Refusal(path: "kosmos2/transformers", says: "no class of its own"),
  ])
  func refusesWhatMLXVLMDoesNotLoad(refusal: Refusal) throws {
    try Fixture.withTemporaryDirectory { directory in
      let source = try open("families/\(refusal.path)")
      let error = #expect(throws: VLMError.self) {
        try source.convert(to: .mlx, Conversion.Options(output: directory.appending(path: "mlx").path))
      }
      #expect(error?.code == .conversionDialect && error?.message.contains(refusal.says) == true, "\(String(describing: error))")
    }
  }

  @Test func saysWhatMLXVLMComputesOtherwise() throws {
    let plan = try ConversionPlan(of: open("families/paligemma2/transformers-4"), to: .mlx, catalog: FamilyCatalog.builtIn())
    #expect(plan.notes.contains { $0.contains("without the sliding window") })
  }
}
