import Checkpoints
import Foundation
import Mapping
import Quantization
import Tensors
import TestSupport
import Testing

/// Against fixtures/quantization/arithmetic.safetensors and, of four bits, arithmetic-4.safetensors, computed by compressed-tensors
/// (fixtures/oracle/make_quant.py).
@Suite struct SymmetricCodesTests {
  struct Case: Sendable, CustomStringConvertible {
    let name: String
    let granularity: Granularity
    let bits: Int
    /// Scales in f32 although the weight is narrower, as a runtime checkpoint holds them.
    let scalesInF32: Bool
    var key: String {
      "\(name).\(granularity.groupSize.map { "group\($0)" } ?? "channel")" + (scalesInF32 ? ".f32" : "")
    }
    var description: String { "\(bits) bits, \(key)" }
    var reader: any CheckpointReader {
      get throws { try (bits == 8 ? SymmetricCodesTests.eight : SymmetricCodesTests.four).get() }
    }
  }

  static let cases: [Case] = [8, 4].flatMap { bits in
    ["f32", "bf16", "f16"].flatMap { dtype in
      [1, 31, 36, 64, 96, 171].flatMap { width -> [Case] in
        [Granularity.channel, .group(32)].filter { $0.divides(columns: width) }.flatMap { granularity in
          (dtype == "f32" ? [false] : [false, true]).map {
            Case(name: "\(dtype).\(width)", granularity: granularity, bits: bits, scalesInF32: $0)
          }
        }
      }
    }
  }

  struct Quantized {
    let codec: SymmetricCodes
    var codes: [Int8]
    var scaleBytes: [UInt8]
    var sums: LossSums
    var dequantized: [Float]
  }

  private static func quantize(_ test: Case, _ reader: any CheckpointReader) throws -> Quantized {
    let weight = try #require(reader.tensors.first { $0.name == test.name + ".weight" })
    let (rows, columns) = (weight.shape[0], weight.shape[1])
    let codec = SymmetricCodes(
      WeightRows(
        columns: columns, dtype: weight.dtype, granularity: test.granularity,
        scaleDType: test.scalesInF32 ? .f32 : weight.dtype), bits: test.bits)
    var codes = [Int8](repeating: 99, count: rows * columns)
    var scales = [Float](repeating: -1, count: rows * codec.rows.scalesPerRow)
    let outcome = try reader.withBytes(of: weight.name) { bytes in
      codec.quantize(rows: rows, source: bytes.baseAddress!, codes: &codes, scales: &scales)
    }
    guard case .done(let sums) = outcome else {
      throw VLMError(.weightNotFinite, "not finite", tensor: weight.name)
    }
    var scaleBytes = [UInt8](repeating: 0, count: scales.count * codec.rows.scaleDType.bits / 8)
    scaleBytes.withUnsafeMutableBytes {
      codec.store(scales: scales, count: scales.count, into: $0.baseAddress!)
    }
    let size = test.granularity.groupSize ?? columns
    let dequantized = codes.indices.map { index in
      Float(codes[index]) * scales[index / columns * codec.rows.scalesPerRow + index % columns / size]
    }
    // The way back of the program says the same.
    var values = [Float](repeating: .nan, count: codes.count)
    codec.dequantize(rows, codes: codes, scales: scales, into: &values)
    #expect(values == dequantized)
    return Quantized(codec: codec, codes: codes, scaleBytes: scaleBytes, sums: sums, dequantized: dequantized)
  }

  private static let eight = Result { try Checkpoint.open(Fixture.url("quantization/arithmetic.safetensors").path) }
  private static let four = Result { try Checkpoint.open(Fixture.url("quantization/arithmetic-4.safetensors").path) }

  @Test(arguments: cases) func scalesAndCodesAreTheirs(_ test: Case) throws {
    let reader = try test.reader
    let ours = try Self.quantize(test, reader)
    #expect(try reader.withBytes(of: test.key + ".scale") { Array($0) } == ours.scaleBytes)
    #expect(try reader.withBytes(of: test.key + ".codes") { $0.map { Int8(bitPattern: $0) } } == ours.codes)
  }

  /// Their division in bf16 and f16 rounds twice: never more than one code away, and never nearer.
  @Test(arguments: cases.filter { !$0.name.hasPrefix("f32") && !$0.scalesInF32 })
  func divisionInTheNarrowTypeIsNeverBetter(_ test: Case) throws {
    let reader = try test.reader
    let ours = try Self.quantize(test, reader)
    let theirs = try reader.withBytes(of: test.key + ".codes_native") { $0.map { Int8(bitPattern: $0) } }
    #expect(zip(ours.codes, theirs).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
  }

  @Test(arguments: cases.filter { !$0.scalesInF32 }) func packsAsTheyDo(_ test: Case) throws {
    let reader = try test.reader
    let ours = try Self.quantize(test, reader)
    let rows = ours.codes.count / ours.codec.rows.columns
    let packing = PackedCodes(bits: test.bits)
    let stride = packing.bytesPerRow(columns: ours.codec.rows.columns)
    var packed = [UInt8](repeating: 1, count: rows * stride)
    packing.pack(ours.codes, rows: rows, columns: ours.codec.rows.columns, into: &packed)
    #expect(try reader.withBytes(of: test.key + ".packed") { Array($0) } == packed)
  }

  /// Sums are taken in f64 over at most a few thousand values, so 1e-9 relative is rounding of the order of
  /// addition.
  @Test(arguments: cases.filter { $0.name.hasPrefix("f32") }) func lossIsOfWhatIsStored(_ test: Case) throws {
    let reader = try test.reader
    let ours = try Self.quantize(test, reader)
    let weights = try reader.withBytes(of: test.name + ".weight") { bytes in
      (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
    }
    let signal = weights.reduce(0.0) { $0 + Double($1) * Double($1) }
    #expect(abs(ours.sums.signal - signal) <= 1e-9 * signal)
    // Half a step of each scale bounds every difference, up to the one code at +127.5 steps that is cut to
    // 127.
    let noise = zip(weights, ours.dequantized).reduce(0.0) {
      $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1))
    }
    #expect(abs(ours.sums.noise - noise) <= 1e-4 * noise)
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity], [0, 5, 31]) func namesTheRowThatIsNotFinite(
    _ value: Float, _ column: Int
  ) {
    let columns = 32
    var weights = [Float](repeating: 0.5, count: 4 * columns)
    weights[2 * columns + column] = value
    let codec = SymmetricCodes(WeightRows(columns: columns, dtype: .f32))
    var codes = [Int8](repeating: 0, count: weights.count)
    var scales = [Float](repeating: 0, count: 4)
    #expect(codec.quantize(rows: 4, source: weights, codes: &codes, scales: &scales) == .notFinite(row: 2))
  }

  @Test func rowsOfZerosHaveAUsableScale() {
    let weights = [Float](repeating: 0, count: 64)
    let codec = SymmetricCodes(WeightRows(columns: 32, dtype: .f32))
    var codes = [Int8](repeating: 7, count: 64)
    var scales = [Float](repeating: 0, count: 2)
    #expect(codec.quantize(rows: 2, source: weights, codes: &codes, scales: &scales) == .done(LossSums()))
    #expect(codes.allSatisfy { $0 == 0 })
    #expect(scales == [Float.ulpOfOne, .ulpOfOne])
  }
}
