import Checkpoints
import Files
import Foundation
import TestSupport
import Tensors
import Testing

@testable import Mapping

/// Checkpoints in codes that mlx-vlm wrote, against what `mx.dequantize` makes of them (`fixtures/oracle/make_mlx.py`).
@Suite struct MLXReaderTests {
  typealias Tensor = MLXConversionTests.Tensor

  static let truth = try! JSONDecoder().decode(
    [String: [String: Tensor]].self, from: Data(contentsOf: Fixture.url("mlx/dequantized.json")))
  static let names = truth.keys.sorted()

  static func path(_ name: String) -> String { Fixture.url("mlx/\(name)").path }

  @Test(arguments: names) func isWhatMLXMakesOfIt(name: String) throws {
    let read = try MappedCheckpoint.open(Self.path(name))
    #expect(read.configuration.dialect == "mlx" && read.coverage.isExact)
    let quantized = try #require(read.quantized)
    #expect(quantized.method == "mlx" && quantized.kinds.values.reduce(0, +) == Self.truth[name]!.count)
    for (tensor, expected) in Self.truth[name]! { #expect(try Tensor(tensor, in: read.reader) == expected, "\(tensor)") }
    #expect(read.source["quantization"] == nil && read.source["quantization_config"] == nil)
  }

  @Test func saysWhatThereIs() throws {
    let notices = try MappedCheckpoint.open(Self.path("qwen2_vl-mixed")).notices.map(\.message)
    let said = "11 weights are quantized (mlx: 6 int4, one scale a group of 64 and a bias; 1 int2, one scale a group of 32 and a bias; "
    #expect(notices.contains { $0.hasPrefix(said) }, "\(notices)")
  }

  /// In pieces of any length it is the same.
  @Test(arguments: names) func piecesMakeTheWhole(name: String) throws {
    let reader = try MappedCheckpoint.open(Self.path(name)).reader
    for tensor in Self.truth[name]!.keys.sorted().prefix(6) {
      let bytes = try reader.withBytes(of: tensor) { [UInt8]($0) }
      for length in [37, 64, 1000] {
        var pieces: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: length) {
          var piece = [UInt8](repeating: 0, count: min(length, bytes.count - start))
          try piece.withUnsafeMutableBytes { [count = piece.count] in
            try reader.readBytes(of: tensor, start..<start + count, into: $0)
          }
          pieces += piece
        }
        #expect(pieces == bytes, "\(tensor) by \(length)")
      }
    }
  }

  /// A model of 4 bits is near the one that it was made of, in every layer.
  @Test func isNearItsBase() throws {
    let base = try MappedCheckpoint.open(Fixture.url("families/qwen2_vl/transformers-4").path)
    let diff = try CheckpointDiff.between(base, MappedCheckpoint.open(Self.path("qwen2_vl-4")))
    #expect(diff.parameters.count { $0.likeness != .identical } == Self.truth["qwen2_vl-4"]!.count)
  }

  @Test func convertsWhenItIsToldTo() throws {
    try Fixture.withTemporaryDirectory { directory in
      let source = try MappedCheckpoint.open(Self.path("qwen2_vl-4"))
      var options = Conversion.Options(output: directory.appending(path: "hf").path)
      let error = #expect(throws: VLMError.self) { try source.convert(to: .hf, options) }
      #expect(error?.code == .conversionQuantized)
      options.dequantizing = true
      try source.convert(to: .hf, options)
      let written = try MappedCheckpoint.open(options.output)
      #expect(written.quantized == nil && written.configuration.dialect == "transformers-4")
      #expect(try CheckpointDiff.between(source, written).isSame)
    }
  }

  struct Damage: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let says: String
    let code: VLMError.Code
    let make: @Sendable (inout CheckpointCase) -> Void
  }

  static let layer = "language_model.model.layers.0.self_attn.q_proj"

  static func settings(_ members: [String: Any], of made: inout CheckpointCase) {
    var whole = made.config["quantization"] as? [String: Any] ?? [:]
    whole.merge(members) { $1 }
    made.config["quantization"] = whole
    made.config["quantization_config"] = whole
  }

  static let damages = [
    Damage(testDescription: "no scales", says: "has biases, and no scales", code: .quantizedMalformed) {
      $0.tensors["\(layer).scales"] = nil
    },
    Damage(testDescription: "no biases", says: "has no biases beside its scales", code: .quantizedMalformed) {
      $0.tensors["\(layer).biases"] = nil
    },
    Damage(testDescription: "other bits", says: "and should be", code: .quantizedMalformed) { settings(["bits": 8], of: &$0) },
    Damage(testDescription: "bits that there are not", says: "bits is 7", code: .quantizedMalformed) { settings(["bits": 7], of: &$0) },
    Damage(testDescription: "groups that there are not", says: "group_size is 48", code: .quantizedMalformed) {
      settings(["group_size": 48], of: &$0)
    },
    Damage(testDescription: "another mode", says: "mode is mxfp4", code: .quantizedUnsupported) { settings(["mode": "mxfp4"], of: &$0) },
    Damage(testDescription: "a layer's own mode", says: "mode is nvfp4", code: .quantizedUnsupported) {
      settings([layer: ["mode": "nvfp4"]], of: &$0)
    },
    Damage(testDescription: "a layer in floats", says: "the settings say that it is in floats", code: .quantizedMalformed) {
      settings([String(layer.dropFirst("language_model.".count)): false], of: &$0)
    },
    Damage(testDescription: "an unknown setting", says: "sets rotation to", code: .quantizedUnsupported) {
      settings(["rotation": "hadamard"], of: &$0)
    },
    Damage(testDescription: "two settings", says: "says twice", code: .configQuantized) {
      $0.config["quantization_config"] = ["group_size": 32, "bits": 4]
    },
  ]

  @Test(arguments: damages) func refuses(damage: Damage) throws {
    let change = { (made: inout CheckpointCase) in
      made.files["model.safetensors.index.json"] = .some(nil)
      damage.make(&made)
    }
    try CheckpointCase.with("mlx/qwen2_vl-4", change) { folder in
      let error = #expect(throws: VLMError.self) { try MappedCheckpoint.open(folder.path) }
      #expect(error?.code == damage.code && error?.message.contains(damage.says) == true, "\(String(describing: error))")
    }
  }
}
