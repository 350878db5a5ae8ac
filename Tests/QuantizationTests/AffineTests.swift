import Checkpoints
import Files
import Foundation
import Mapping
import TestSupport
import Tensors
import Testing

@testable import Quantization

/// MLX's codes against `mx.quantize` and `mx.dequantize` (`fixtures/oracle/make_mlx.py`), to the bit.
@Suite struct AffineTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let dtype: DType
    let bits: Int
    let groupSize: Int
    var testDescription: String { "\(dtype.rawValue).\(bits).\(groupSize)".lowercased() }
  }

  static let cases = [DType.f32, .bf16, .f16].flatMap { dtype in
    [4, 8].flatMap { bits in [32, 64, 128].map { Case(dtype: dtype, bits: bits, groupSize: $0) } }
  }

  @Test(arguments: cases) func isWhatMLXMakes(_ case: Case) throws {
    let file = try Checkpoint.open(Fixture.url("mlx/affine.safetensors").path)
    func bytes(_ name: String) throws -> [UInt8] { try file.withBytes(of: name) { Array($0) } }
    let weights = try bytes(`case`.dtype.rawValue.lowercased())
    let (rows, columns) = (24, 128)
    let groups = columns / `case`.groupSize
    var words = [UInt32](repeating: 0, count: rows * columns * `case`.bits / 32)
    var (scales, biases) = ([Float](repeating: 0, count: rows * groups), [Float](repeating: 0, count: rows * groups))
    let scheme = Affine(bits: `case`.bits)
    guard
      case .done(let loss) = scheme.quantize(
        rows: rows, columns: columns, groupSize: `case`.groupSize, of: `case`.dtype, source: weights, words: &words, scales: &scales,
        biases: &biases)
    else {
      Issue.record("not finite")
      return
    }
    #expect(loss.decibels.map { $0 > (`case`.bits == 4 ? 15 : 40) } == true)
    func stored(_ values: [Float]) -> [UInt8] {
      var bytes = [UInt8](repeating: 0, count: values.count * `case`.dtype.bits / 8)
      values.withUnsafeBufferPointer { values in
        bytes.withUnsafeMutableBytes { Kernels.active.convert(values, to: `case`.dtype, in: $0) }
      }
      return bytes
    }
    let name = `case`.testDescription
    #expect(try words.withUnsafeBytes { Array($0) } == bytes("\(name).weight"))
    #expect(try stored(scales) == bytes("\(name).scales"))
    #expect(try stored(biases) == bytes("\(name).biases"))
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity]) func refusesWhatIsNoNumber(_ value: Float) {
    var weights = [Float](repeating: 1, count: 96)
    weights[40] = value
    var (scales, biases, words) = ([Float](repeating: 0, count: 3), [Float](repeating: 0, count: 3), [UInt32](repeating: 0, count: 24))
    let outcome = Affine(bits: 8).quantize(
      rows: 3, columns: 32, groupSize: 32, of: .f32, source: weights, words: &words, scales: &scales, biases: &biases)
    #expect(outcome == .notFinite(row: 1))
  }

  @Test(arguments: [Granularity.channel, .group(16), .group(256)]) func refusesGroupsThatMLXHasNot(_ granularity: Granularity) {
    #expect { try Affine(bits: 4).validate(granularity) } throws: { ($0 as? VLMError)?.code == .granularityRefused }
  }

  // MARK: whole checkpoints

  private func quantized(
    _ source: MappedCheckpoint, _ scheme: String, groupSize: Int? = nil, in directory: URL
  ) throws -> (report: QuantizationReport, checkpoint: MappedCheckpoint) {
    let options = try QuantizationOptions(output: directory.path, format: .mlx, scheme: scheme, groupSize: groupSize)
    let report = try source.quantize(options)
    return (report, try MappedCheckpoint.open(directory.path))
  }

  /// The layers that mlx-vlm quantizes as well have its bytes.
  @Test func isWhatMLXVLMWrites() throws {
    try Fixture.withTemporaryDirectory { directory in
      let source = try MappedCheckpoint.open(Fixture.url("families/qwen2_vl/transformers-4").path)
      let (report, made) = try quantized(source, "affine4", in: directory.appending(path: "mlx"))
      #expect(report.format == "mlx" && report.scheme == "affine4" && report.granularity == "group 64")
      #expect(made.quantized?.method == "mlx")
      let (one, other) = try (
        Checkpoint.open(directory.appending(path: "mlx").path), Checkpoint.open(Fixture.url("mlx/qwen2_vl-4").path)
      )
      let names = Set(one.tensors.map(\.name)).intersection(other.tensors.map(\.name))
        .filter { !$0.contains("embed_tokens") && !$0.contains("vision") }
      #expect(names.filter { $0.hasSuffix(".scales") }.count == 12)
      for name in names {
        #expect(one.tensors.first { $0.name == name } == other.tensors.first { $0.name == name })
        #expect(try one.withBytes(of: name) { Array($0) } == other.withBytes(of: name) { Array($0) }, "\(name)")
      }
      let config = try JSONValue(
        parsing: Data(contentsOf: directory.appending(path: "mlx/config.json")), file: "", code: .configurationMalformed)
      let theirs = try JSONValue(
        parsing: Data(contentsOf: Fixture.url("mlx/qwen2_vl-4/config.json")), file: "", code: .configurationMalformed)
      #expect(config["quantization"] == theirs["quantization"] && config["quantization_config"] == theirs["quantization_config"])
      // Groups of 64 do not divide the vision encoder's 32 inputs: these stay in floats, and it is said.
      #expect(report.keptLayers.contains { $0.keptBecause == .format("group 64 does not divide 32 inputs") })
    }
  }

  /// What comes back differs from the source by half a step at most, and by what storing scale and bias rounds.
  @Test(arguments: [("affine4", 32), ("affine8", 32), ("affine8", 64)]) func comesBackWithinAStep(scheme: String, groupSize: Int) throws {
    try Fixture.withTemporaryDirectory { directory in
      let source = try MappedCheckpoint.open(Fixture.url("families/qwen2_vl/transformers-5").path)
      let (report, made) = try quantized(source, scheme, groupSize: groupSize, in: directory.appending(path: "mlx"))
      #expect(made.coverage.isExact && report.layers.count == made.quantized?.kinds.values.reduce(0, +))
      let worst = try #require(report.layers.compactMap(\.decibels).min())
      #expect(worst > (scheme == "affine4" ? 15 : 40))
      let diff = try CheckpointDiff.between(source, made)
      #expect(diff.parameters.count { $0.likeness != .identical } > 0)
      #expect(report.bytesAfter < report.bytesBefore)
    }
  }

  @Test func formatsHoldTheirOwnSchemes() {
    #expect(QuantizedFormat.mlx.layouts.map(\.scheme.id) == ["affine4", "affine8"])
    #expect(QuantizedFormat.runtime.layouts.map(\.scheme.id) == ["w8a8", "w8a16"])
    #expect { try QuantizationOptions(output: "x", format: .mlx, scheme: "w8a8") } throws: {
      ($0 as? VLMError)?.code == .schemeRefused && ($0 as? VLMError)?.remedy == "use affine4 or affine8"
    }
  }
}
