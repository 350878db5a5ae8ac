import Tensors
import Testing

/// Attention as language models use it: grouped queries, ranges of keys, capped logits, one query over many keys.
@Suite struct DecoderAttentionTests {
  /// Tolerance: 1e-6 of the largest value; truth is torch in float64 (for the cap, transformers' Gemma 2, whose softmax
  /// is f32).
  @Test(arguments: InstructionSet.available, KernelReference.shared.decoderAttention.cases)
  func rangesAreTorchs(_ isa: InstructionSet, _ truth: KernelReference.DecoderAttention.Case) throws {
    let shared = KernelReference.shared.decoderAttention
    let problem = Problem(
      heads: shared.heads, keyHeads: shared.keyHeads, width: shared.width, query: shared.query,
      key: shared.key,
      value: shared.value, scale: shared.scale, softCap: truth.softCap,
      visible: zip(truth.first, truth.end).map { $0..<$1 })
    #expect(deviation(problem.solve(try #require(Kernels(isa))), from: truth.output) <= 1e-6)
    // A query alone, as in decoding.
    for query in [0, problem.queries - 1] {
      let row = shared.heads * shared.width
      let alone = problem.only(query)
      let expected = Array(truth.output[query * row..<(query + 1) * row])
      #expect(deviation(alone.solve(try #require(Kernels(isa))), from: expected) <= 1e-6)
    }
  }

  /// Tolerance as in `AttentionTests`: exponents of scores near 10 are off by 1e-6 relative, twice.
  @Test(arguments: InstructionSet.available, [32, 64, 72, 80, 128, 256])
  func equalsScalar(_ isa: InstructionSet, _ width: Int) throws {
    let kernels = try #require(Kernels(isa)), scalar = try #require(Kernels(.scalar))
    var generator = SeededGenerator(seed: 31)
    for (heads, keyHeads) in [(2, 2), (3, 1), (8, 2)] {
      for (queries, keys) in [(1, 1), (1, 31), (1, 1033), (2, 33), (31, 31), (33, 150)] {
        for ranges in Ranges.allCases {
          let problem = Problem(
            heads: heads, keyHeads: keyHeads, width: width,
            query: generator.floats(queries * heads * width),
            key: generator.floats(keys * keyHeads * width), value: generator.floats(keys * keyHeads * width),
            scale: 1 / Float(width).squareRoot(), softCap: ranges == .window ? 5 : nil,
            visible: ranges.draw(queries, keys, &generator))
          #expect(
            deviation(problem.solve(kernels), from: problem.solve(scalar)) <= 4e-6,
            "\(heads)/\(keyHeads) heads, \(queries) queries, \(keys) keys, \(ranges)")
        }
      }
    }
  }

  @Test(arguments: InstructionSet.available, [1, 40])
  func aQueryThatSeesNothingGetsZeros(_ isa: InstructionSet, _ queries: Int) throws {
    var generator = SeededGenerator(seed: 3)
    let (keys, width) = (20, 16)
    let problem = Problem(
      heads: 1, keyHeads: 1, width: width, query: generator.floats(queries * width),
      key: generator.floats(keys * width), value: generator.floats(keys * width), scale: 1, softCap: nil,
      visible: (0..<queries).map { $0 % 3 == 0 ? 0..<0 : 0..<$0 % keys })
    let out = problem.solve(try #require(Kernels(isa)))
    for query in stride(from: 0, to: queries, by: 3) {
      #expect(out[query * width..<(query + 1) * width].allSatisfy { $0 == 0 })
    }
  }

  /// Two sequences in one batch, each over its own part of the keys, ranges counted in rows of all keys.
  @Test(arguments: InstructionSet.available)
  func rangesAreAbsoluteInSegments(_ isa: InstructionSet) throws {
    let kernels = try #require(Kernels(isa))
    var generator = SeededGenerator(seed: 12)
    let (width, heads) = (8, 2), row = 16
    let q = generator.floats(9 * row), k = generator.floats(30 * row), v = generator.floats(30 * row)
    var together = [Float](repeating: 0, count: 9 * row)
    let visible = (0..<4).map { 0..<7 + $0 } + (0..<5).map { 12..<25 + $0 }
    kernels.attention(
      query: .init(q, stride: row), key: .init(k, stride: row), value: .init(v, stride: row), heads: heads,
      width: width, segments: [0, 4, 9], keySegments: [0, 10, 30], visible: visible, scale: 0.5,
      into: &together,
      outStride: row)
    let first = Problem(
      heads: heads, keyHeads: heads, width: width, query: Array(q[..<(4 * row)]),
      key: Array(k[..<(10 * row)]),
      value: Array(v[..<(10 * row)]), scale: 0.5, softCap: nil, visible: Array(visible[..<4]))
    let second = Problem(
      heads: heads, keyHeads: heads, width: width, query: Array(q[(4 * row)...]),
      key: Array(k[(10 * row)...]),
      value: Array(v[(10 * row)...]), scale: 0.5, softCap: nil, visible: (0..<5).map { 2..<15 + $0 })
    #expect(together == first.solve(kernels) + second.solve(kernels))
  }

  enum Ranges: String, CaseIterable {
    case whole, causal, window, any

    func draw(_ queries: Int, _ keys: Int, _ generator: inout SeededGenerator) -> [Range<Int>]? {
      (0..<queries).map { query in
        let end = max(1, keys - queries + 1 + query)
        switch self {
        case .whole: return 0..<keys
        case .causal: return 0..<end
        case .window: return max(0, end - 20)..<end
        case .any:
          let first = Int.random(in: -3..<keys, using: &generator)
          return first..<Int.random(in: max(1, first + 1)...keys + 3, using: &generator)
        }
      }
    }
  }

  struct Problem {
    var heads, keyHeads, width: Int
    var query, key, value: [Float]
    var scale: Float
    var softCap: Float?
    var visible: [Range<Int>]?

    var queries: Int { query.count / (heads * width) }

    func only(_ index: Int) -> Problem {
      var one = self
      one.query = Array(query[index * heads * width..<(index + 1) * heads * width])
      one.visible = visible.map { [$0[index]] }
      return one
    }

    func solve(_ kernels: Kernels) -> [Float] {
      var out = [Float](repeating: .nan, count: query.count)
      kernels.attention(
        query: .init(query, stride: heads * width), key: .init(key, stride: keyHeads * width),
        value: .init(value, stride: keyHeads * width), heads: heads, keyHeads: keyHeads, width: width,
        segments: [0, queries], keySegments: [0, key.count / (keyHeads * width)], visible: visible,
        scale: scale,
        softCap: softCap, into: &out, outStride: heads * width)
      return out
    }
  }
}
