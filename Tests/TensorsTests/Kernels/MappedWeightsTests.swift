import Tensors
import Testing

@Suite struct MappedWeightsTests {
  /// Rows on both sides of the few that are read row by row; columns of panels, of runs of 64 and of runs that are packed
  /// at once; depths around vectors and steps.
  static let extents: [(rows: Int, columns: Int, depth: Int)] = {
    var all = straddlingLengths.map { (rows: 3, columns: 7, depth: $0) }
    all += [1, 2, 4, 5, 6, 7, 8, 9, 13, 97].map { (rows: $0, columns: 67, depth: 81) }
    all += [1, 3, 16, 63, 64, 65, 129].map { (rows: 2, columns: $0, depth: 100) }
    all += [(8, 130, 1176), (9, 2100, 600), (1, 1, 1), (2, 5, 0), (12, 5, 0)]
    return all
  }()

  /// Tolerance: f32 sums of `depth` terms in another order, as in `PackedWeightsTests`. The weights themselves are the
  /// same: both forms start from the same bytes.
  @Test(arguments: InstructionSet.available, [DType.f32, .bf16, .f16])
  func floatsEqualPacked(_ isa: InstructionSet, _ dtype: DType) throws {
    let kernels = try #require(Kernels(isa)), scalar = try #require(Kernels(.scalar))
    var generator = SeededGenerator(seed: 77)
    for (rows, columns, depth) in Self.extents {
      let bytes = Bytes(count: columns * depth * dtype.bits / 8)
      bytes.fill(generator.floats(columns * depth), as: dtype)
      let mapped = MappedWeights(bytes.resident, of: dtype, outputs: columns, inputs: depth)
      let packed = PackedWeights(bytes.base, of: dtype, outputs: columns, inputs: depth)
      let x = generator.floats(rows * depth), other = generator.floats(rows * columns)
      let bias = generator.floats(columns)
      for epilogue in 0..<3 {
        let ours = product(mapped, x, rows, other, bias, epilogue, kernels)
        let theirs = product(packed, x, rows, other, bias, epilogue, scalar)
        #expect(
          deviation(ours, from: theirs) <= 3e-6, "\(rows) x \(columns) x \(depth), epilogue \(epilogue)")
      }
    }
  }

  /// Codes include -128; sums are whole numbers and must be equal.
  @Test(arguments: InstructionSet.available)
  func integersEqualPacked(_ isa: InstructionSet) throws {
    let kernels = try #require(Kernels(isa))
    var generator = SeededGenerator(seed: 78)
    for (rows, columns, depth) in Self.extents {
      let codes = generator.codes(columns * depth), scales = generator.floats(columns, scale: 0.01)
      let bytes = Bytes(count: codes.count)
      bytes.copy(codes)
      let mapped = MappedWeights(codes: bytes.resident, scales: scales, outputs: columns, inputs: depth)
      let packed = PackedWeights(codes: codes, scales: scales, outputs: columns, inputs: depth)
      let tokens = PackedTokens(kernels: kernels)
      let tokenCodes = generator.codes(rows * depth)
      tokens.pack(
        codes: tokenCodes, scales: Array(repeating: 0.5, count: rows), rows: rows, width: depth)
      var ours = [Int32](repeating: 1, count: rows * columns), theirs = ours
      mapped.integerSums(tokens, into: &ours)
      packed.integerSums(tokens, into: &theirs)
      #expect(ours == theirs, "\(rows) x \(columns) x \(depth)")

      let x = generator.floats(rows * depth), other = generator.floats(rows * columns)
      let bias = generator.floats(columns)
      let values = product(mapped, x, rows, other, bias, 1, kernels)
      #expect(values == product(packed, x, rows, other, bias, 1, kernels))
    }
  }

  @Test func bytesLiveAsLongAsTheWeights() {
    let dropped = Flag()
    var weights: MappedWeights? = {
      let bytes = Bytes(count: 8 * 4) { dropped.isSet = true }
      bytes.fill([Float](repeating: 1, count: 8), as: .f32)
      return MappedWeights(bytes.resident, of: .f32, outputs: 2, inputs: 4)
    }()
    let tokens = PackedTokens()
    tokens.pack([1, 2, 3, 4], rows: 1, width: 4, as: .float32)
    var out: [Float] = [0, 0]
    weights?.multiply(tokens, into: &out)
    #expect(out == [10, 10])
    #expect(!dropped.isSet)
    weights = nil
    #expect(dropped.isSet)
  }

  private func product(
    _ weights: some LinearWeights, _ x: [Float], _ rows: Int, _ other: [Float], _ bias: [Float],
    _ epilogue: Int, _ kernels: Kernels
  ) -> [Float] {
    let tokens = PackedTokens(kernels: kernels)
    tokens.pack(x, rows: rows, width: weights.inputs, as: weights.format)
    var out = other
    bias.withUnsafeBufferPointer { bias in
      other.withUnsafeBufferPointer { other in
        out.withUnsafeMutableBufferPointer { out in
          let settings: ProductEpilogue =
            switch epilogue {
            case 1: .init(bias: bias.baseAddress, activation: .gelu, residual: out.baseAddress)
            case 2: .init(activation: .silu, factor: other.baseAddress, residual: other.baseAddress)
            default: .init()
            }
          weights.multiply(tokens, settings, into: out.baseAddress!)
        }
      }
    }
    return out
  }

  private final class Flag: @unchecked Sendable { var isSet = false }

  /// Memory that starts at an odd address and ends where nothing else may be read.
  private final class Bytes: @unchecked Sendable {
    private let memory: UnsafeMutableRawPointer
    let count: Int
    let onDrop: () -> Void

    init(count: Int, onDrop: @escaping () -> Void = {}) {
      self.count = count
      self.onDrop = onDrop
      memory = .allocate(byteCount: count + 1, alignment: 64)
    }

    deinit {
      memory.deallocate()
      onDrop()
    }

    var base: UnsafeMutableRawPointer { memory + 1 }
    var resident: ResidentBytes {
      ResidentBytes(UnsafeRawBufferPointer(start: base, count: count), owner: self)
    }

    func fill(_ values: [Float], as dtype: DType) {
      let aligned = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, count), alignment: 64)
      defer { aligned.deallocate() }
      values.withUnsafeBufferPointer { Kernels.active.convert($0, to: dtype, in: aligned) }
      base.copyMemory(from: aligned.baseAddress!, byteCount: count)
    }

    func copy(_ codes: [Int8]) {
      codes.withUnsafeBytes { if let from = $0.baseAddress { base.copyMemory(from: from, byteCount: count) } }
    }
  }
}
