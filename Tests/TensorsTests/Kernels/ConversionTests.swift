import Testing

import Tensors

@Suite struct ConversionTests {
  static let formats: [DType] = [.bf16, .f16, .f8E4M3, .f8E5M2, .f8E8M0, .f8E4M3FNUZ, .f8E5M2FNUZ]

  @Test(arguments: InstructionSet.available, formats)
  func everyCodeDecodesAsInTorch(_ isa: InstructionSet, _ dtype: DType) throws {
    let values = decodeAll(dtype, try #require(Kernels(isa)))
    var hash = FNV()
    for value in values { hash.add(value.isNaN ? 0x7fc0_0000 : value.bitPattern) }
    #expect(hash.text == KernelReference.shared.conversions.decode[dtype.rawValue])
  }

  @Test(arguments: InstructionSet.available, formats)
  func roundingIsTorchs(_ isa: InstructionSet, _ dtype: DType) throws {
    var floats = wordsToEncode.map(Float.init(bitPattern:))
    #expect(floats.count == KernelReference.shared.conversions.encoded)
    if dtype == .f8E8M0 { floats = floats.map(abs) }
    let bytes = encode(floats, dtype, try #require(Kernels(isa)))
    var hash = FNV()
    for byte in bytes { hash.add(byte) }
    #expect(hash.text == KernelReference.shared.conversions.encode[dtype.rawValue])
  }

  @Test(arguments: InstructionSet.available, [DType.bf16, .f16, .f8E5M2, .f64])
  func lengthsThatStraddleVectors(_ isa: InstructionSet, _ dtype: DType) throws {
    let kernels = try #require(Kernels(isa)), scalar = try #require(Kernels(.scalar))
    var generator = SeededGenerator(seed: 7)
    for length in straddlingLengths {
      let floats = generator.floats(length, scale: 3)
      let expected = encode(floats, dtype, scalar)
      #expect(encode(floats, dtype, kernels) == expected, "\(length) values")
      #expect(
        decode(expected, dtype, length, kernels) == decode(expected, dtype, length, scalar),
        "\(length) values")
    }
  }

  @Test(arguments: InstructionSet.available)
  func nanStaysNaN(_ isa: InstructionSet) throws {
    let kernels = try #require(Kernels(isa))
    for dtype in Self.formats + [.f64] {
      let nans = [Float](repeating: .nan, count: 40)
      let decoded = decode(encode(nans, dtype, kernels), dtype, 40, kernels)
      #expect(decoded.filter(\.isNaN).count == 40, "\(dtype)")
    }
  }

  private func decodeAll(_ dtype: DType, _ kernels: Kernels) -> [Float] {
    if dtype.bits == 8 { return decode((0...255).map { UInt8($0) }, dtype, 256, kernels) }
    let codes = (0...UInt16.max).map { $0 }
    return codes.withUnsafeBytes { decode(Array($0), dtype, 65536, kernels) }
  }

  private func decode(_ bytes: [UInt8], _ dtype: DType, _ count: Int, _ kernels: Kernels) -> [Float] {
    [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      bytes.withUnsafeBytes { kernels.convert($0, of: dtype, to: .init(rebasing: buffer[..<count])) }
      initialized = count
    }
  }

  private func encode(_ floats: [Float], _ dtype: DType, _ kernels: Kernels) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: floats.count * dtype.bits / 8) { buffer, initialized in
      initialized = floats.count * dtype.bits / 8
      floats.withUnsafeBufferPointer {
        kernels.convert($0, to: dtype, in: UnsafeMutableRawBufferPointer(buffer))
      }
    }
  }

  /// As `words_to_encode` in make_kernels.py.
  private var wordsToEncode: [UInt32] {
    [0, 1, 0x7fff, 0x8000, 0x8001, 0xffff].flatMap { low in (0..<UInt32(1 << 16)).map { $0 << 16 | low } }
      .filter { $0 & 0x7fff_ffff <= 0x7f80_0000 }
  }
}

private struct FNV {
  private var state: UInt64 = 0xcbf2_9ce4_8422_2325
  mutating func add(_ byte: UInt8) { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 }
  mutating func add(_ word: UInt32) {
    for shift in stride(from: UInt32(0), to: 32, by: 8) { add(UInt8(truncatingIfNeeded: word >> shift)) }
  }
  var text: String {
    let digits = String(state, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
