import Testing

import Tensors

@Suite struct WeightQuantizationTests {
  @Test(arguments: InstructionSet.available)
  func codesAndScalesAreCompressedTensors(_ isa: InstructionSet) throws {
    let reference = KernelReference.shared.quantization
    let kernels = try #require(Kernels(isa))
    let result = try #require(quantize(reference.x, reference.width, kernels: kernels))
    #expect(result.codes == reference.channelCodes)
    #expect(result.scales == reference.channelScales)
  }

  @Test(arguments: InstructionSet.available, [DType.f32, .bf16, .f16])
  func equalsScalar(_ isa: InstructionSet, _ dtype: DType) throws {
    let kernels = try #require(Kernels(isa)), scalar = try #require(Kernels(.scalar))
    var generator = SeededGenerator(seed: 11)
    for width in straddlingLengths {
      let x = generator.floats(2 * width, scale: 0.02)
      for (group, scaleType) in [(width, DType.f32), (min(width, 32), .bf16), (min(width, 32), .f16)] {
        let ours = try #require(
          quantize(x, width, group: group, dtype: dtype, scaleType: scaleType, kernels: kernels))
        let theirs = try #require(
          quantize(x, width, group: group, dtype: dtype, scaleType: scaleType, kernels: scalar))
        #expect(ours.codes == theirs.codes, "width \(width), group \(group)")
        #expect(ours.scales == theirs.scales, "width \(width), group \(group)")
        for (a, b) in zip(ours.sums, theirs.sums) {
          // f32 lanes of at most 64 terms: relative rounding well under 1e-5.
          #expect(abs(a.signal - b.signal) <= 1e-5 * b.signal)
          #expect(abs(a.noise - b.noise) <= 1e-5 * b.noise + 1e-12 * b.signal)
        }
      }
    }
  }

  @Test(arguments: InstructionSet.available, [Float.nan, .infinity, -.infinity])
  func reportsTheRowThatIsNotFinite(_ isa: InstructionSet, _ bad: Float) throws {
    let kernels = try #require(Kernels(isa))
    for position in [0, 3, 16, 39, 40] {
      var x = [Float](repeating: 0.5, count: 3 * 41)
      x[41 + position] = bad
      var codes = [Int8](repeating: 0, count: x.count), scales = [Float](repeating: 0, count: 3)
      #expect(
        kernels.quantizeRows(x, of: .f32, rows: 3, width: 41, group: 41, codes: &codes, scales: &scales) == 1)
    }
  }

  @Test(arguments: InstructionSet.available)
  func aScaleBeyondItsTypeIsReported(_ isa: InstructionSet) throws {
    let kernels = try #require(Kernels(isa))
    var codes = [Int8](repeating: 0, count: 2), scales = [Float](repeating: 0, count: 1)
    #expect(
      kernels.quantizeRows(
        [Float(1e8), 1], of: .f32, rows: 1, width: 2, group: 2, scaleType: .f16, codes: &codes,
        scales: &scales) == 0)
  }

  private func quantize(
    _ x: [Float], _ width: Int, group: Int? = nil, dtype: DType = .f32, scaleType: DType = .f32,
    kernels: Kernels
  ) -> (codes: [Int8], scales: [Float], sums: [LossSums])? {
    let rows = x.count / width, group = group ?? width
    var source = [UInt8](repeating: 0, count: x.count * dtype.bits / 8)
    source.withUnsafeMutableBytes { bytes in
      x.withUnsafeBufferPointer { kernels.convert($0, to: dtype, in: bytes) }
    }
    var codes = [Int8](repeating: 0, count: x.count)
    var scales = [Float](repeating: 0, count: rows * ((width + group - 1) / group))
    var sums = [LossSums](repeating: .init(), count: rows)
    let bad = kernels.quantizeRows(
      source, of: dtype, rows: rows, width: width, group: group, scaleType: scaleType, codes: &codes,
      scales: &scales,
      losses: &sums)
    return bad == nil ? (codes, scales, sums) : nil
  }
}
