import Tensors
import Testing

@Suite struct AttentionTests {
  /// Tolerance: 1e-6 of the largest value; truth is torch in float64.
  @Test(arguments: InstructionSet.available)
  func segmentsAreTorchs(_ isa: InstructionSet) throws {
    let truth = KernelReference.shared.attention
    let kernels = try #require(Kernels(isa))
    let stride = truth.heads * truth.width
    var out = [Float](repeating: 0, count: truth.tokens * stride)
    kernels.attention(
      query: .init(truth.query, stride: stride), key: .init(truth.key, stride: stride), value: truth.value,
      heads: truth.heads, width: truth.width, segments: truth.segments, scale: truth.scale, into: &out,
      outStride: stride)
    #expect(deviation(out, from: truth.output) <= 1e-6)
  }

  /// Packed query, key and value, as encoders hold them; widths of real heads and odd ones; lengths around the blocks of
  /// 24 queries, 16 and 128 keys. Tolerance: exponents of scores near 10 are off by 1e-6 relative, twice.
  @Test(arguments: InstructionSet.available, [1, 13, 16, 64, 72, 80])
  func equalsScalar(_ isa: InstructionSet, _ width: Int) throws {
    let kernels = try #require(Kernels(isa)), scalar = try #require(Kernels(.scalar))
    var generator = SeededGenerator(seed: 21)
    for lengths in [[1], [7, 15, 16], [17, 1, 23, 24, 25], [0, 64, 0], [127, 128, 129], [300]] {
      let segments = lengths.reduce(into: [0]) { $0.append($0.last! + $1) }
      let (tokens, heads) = (segments.last!, 2)
      let x = generator.floats(tokens * 3 * heads * width)
      let ours = attention(x, kernels, segments, heads, width),
        theirs = attention(x, scalar, segments, heads, width)
      #expect(deviation(ours, from: theirs) <= 4e-6, "segments \(lengths)")
    }
  }

  @Test(arguments: InstructionSet.available)
  func oneQueryOverManyKeys(_ isa: InstructionSet) throws {
    let kernels = try #require(Kernels(isa)), scalar = try #require(Kernels(.scalar))
    var generator = SeededGenerator(seed: 4)
    let (images, keys, width) = (3, 33, 24)
    let q = generator.floats(images * width), k = generator.floats(keys * width),
      v = generator.floats(keys * width)
    func run(_ kernels: Kernels) -> [Float] {
      var out = [Float](repeating: 0, count: images * width)
      kernels.attention(
        query: .init(q, stride: width), key: .init(k, stride: width), value: v, heads: 2, width: width / 2,
        segments: [0, 1, 2, 3], keySegments: [0, 10, 11, 33], scale: 0.3, into: &out, outStride: width)
      return out
    }
    #expect(deviation(run(kernels), from: run(scalar)) <= 1e-6)
  }

  /// Scores that a softmax without its maximum could not hold.
  @Test(arguments: InstructionSet.available)
  func largeScores(_ isa: InstructionSet) throws {
    let kernels = try #require(Kernels(isa)), scalar = try #require(Kernels(.scalar))
    var generator = SeededGenerator(seed: 6)
    let x = generator.floats(140 * 3 * 16, scale: 20)
    let ours = attention(x, kernels, [0, 140], 1, 16)
    #expect(ours.count { !$0.isFinite } == 0)
    #expect(deviation(ours, from: attention(x, scalar, [0, 140], 1, 16)) <= 1e-3)
  }

  private func attention(_ x: [Float], _ kernels: Kernels, _ segments: [Int], _ heads: Int, _ width: Int)
    -> [Float]
  {
    let row = heads * width
    var out = [Float](repeating: 0, count: segments.last! * row)
    x.withUnsafeBufferPointer { x in
      let base = x.baseAddress!
      kernels.attention(
        query: .init(base, stride: 3 * row), key: .init(base + row, stride: 3 * row), value: base + 2 * row,
        heads: heads, width: width, segments: segments, scale: 1 / Float(width).squareRoot(), into: &out,
        outStride: row)
    }
    return out
  }
}
