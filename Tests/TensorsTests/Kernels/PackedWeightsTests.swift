import Tensors
import Testing

@Suite struct PackedWeightsTests {
  /// Rows, columns and depth on both sides of blocks, panels, vectors and chunks.
  static let extents: [(rows: Int, columns: Int, depth: Int)] = {
    var all = straddlingLengths.map { (rows: 7, columns: 17, depth: $0) }
    all += [1, 5, 6, 11, 12, 13, 97].map { (rows: $0, columns: 33, depth: 65) }
    all += [1, 15, 16, 31, 32, 48, 257].map { (rows: 13, columns: $0, depth: 588) }
    all += [(2, 16, 1176), (25, 272, 1344), (1, 1, 1), (3, 5, 0)]
    return all
  }()

  /// How codes are drawn: what real tokens look like, and what breaks arithmetic.
  enum Codes: String, CaseIterable, Sendable {
    case uniform, normal, heavyTailed, lowest, highest, alternating

    func draw(_ count: Int, _ generator: inout SeededGenerator, weights: Bool) -> [Int8] {
      switch self {
      case .uniform: return generator.codes(count)
      case .normal: return generator.floats(count, scale: 31).map { Int8(max(-128, min(127, $0.rounded()))) }
      case .heavyTailed:
        return generator.floats(count, scale: 12).map { value in
          let scale: Float = UInt8.random(in: 0...99, using: &generator) == 0 ? 8 : 1
          return Int8(max(-128, min(127, (value * scale).rounded())))
        }
      case .lowest: return Array(repeating: -128, count: count)
      case .highest: return Array(repeating: weights ? -128 : 127, count: count)
      case .alternating: return (0..<count).map { $0 % 3 == 0 ? -128 : 127 }
      }
    }
  }

  @Suite struct IntegerSums {
    @Test(arguments: InstructionSet.available, Codes.allCases)
    func equalAPlainSum(_ isa: InstructionSet, _ codes: Codes) throws {
      let kernels = try #require(Kernels(isa))
      var generator = SeededGenerator(seed: 99)
      for (rows, columns, depth) in extents {
        let a = codes.draw(rows * depth, &generator, weights: false)
        let w = codes.draw(columns * depth, &generator, weights: true)
        let weights = PackedWeights(
          codes: w, scales: Array(repeating: 1, count: columns), outputs: columns, inputs: depth)
        let tokens = PackedTokens(kernels: kernels)
        tokens.pack(codes: a, scales: Array(repeating: 1, count: rows), rows: rows, width: depth)
        var sums = [Int32](repeating: -1, count: rows * columns)
        weights.integerSums(tokens, into: &sums)
        #expect(sums == plainSums(a, w, rows, columns, depth), "\(rows) x \(columns) x \(depth)")
      }
    }

    private func plainSums(_ a: [Int8], _ w: [Int8], _ rows: Int, _ columns: Int, _ depth: Int) -> [Int32] {
      var sums = [Int32](repeating: 0, count: rows * columns)
      a.withUnsafeBufferPointer { a in
        w.withUnsafeBufferPointer { w in
          for row in 0..<rows {
            for column in 0..<columns {
              var sum: Int32 = 0
              for k in 0..<depth { sum &+= Int32(a[row * depth + k]) &* Int32(w[column * depth + k]) }
              sums[row * columns + column] = sum
            }
          }
        }
      }
      return sums
    }
  }

  @Suite struct Values {
    /// Tolerance: f32 sums of `depth` terms in another order; 2e-6 of the largest value covers 4304 terms.
    @Test(arguments: InstructionSet.available, ProductFormat.multiplied)
    func equalScalar(_ isa: InstructionSet, _ format: ProductFormat) throws {
      let kernels = try #require(Kernels(isa)), scalar = try #require(Kernels(.scalar))
      var generator = SeededGenerator(seed: 5)
      for (rows, columns, depth) in extents {
        let layer = Layer(rows, columns, depth, format, &generator)
        for epilogue in [0, 1, 2, 3] {
          let ours = layer.run(kernels, epilogue), theirs = layer.run(scalar, epilogue)
          #expect(
            deviation(ours, from: theirs) <= 3e-6, "\(rows) x \(columns) x \(depth), epilogue \(epilogue)")
        }
      }
    }

    @Test(arguments: InstructionSet.available)
    func int8QuantizesTokensAsCompressedTensors(_ isa: InstructionSet) throws {
      let reference = KernelReference.shared.quantization
      let kernels = try #require(Kernels(isa))
      // The identity as weights gives back code·scale of every element.
      let width = reference.width
      let identity = (0..<width * width).map { Int8($0 / width == $0 % width ? 1 : 0) }
      let weights = PackedWeights(
        codes: identity, scales: Array(repeating: 1, count: width), outputs: width, inputs: width)
      let tokens = PackedTokens(kernels: kernels)
      tokens.pack(reference.x, rows: reference.rows, width: width, as: .int8)
      var sums = [Int32](repeating: 0, count: reference.rows * width),
        values = [Float](repeating: 0, count: sums.count)
      weights.integerSums(tokens, into: &sums)
      #expect(sums == reference.tokenCodes.map(Int32.init))
      weights.multiply(tokens, into: &values)
      let expected = reference.tokenCodes.enumerated().map { Float($1) * reference.tokenScales[$0 / width] }
      #expect(values == expected)
    }

    @Test func rowsMadeOnTheFlyGiveTheSame() {
      var generator = SeededGenerator(seed: 8)
      let (rows, columns, depth) = (101, 40, 77)
      for format in ProductFormat.multiplied {
        let layer = Layer(rows, columns, depth, format, &generator)
        let tokens = PackedTokens()
        tokens.pack(rows: rows, width: depth, as: format) { range, destination in
          for (offset, row) in range.enumerated() {
            for k in 0..<depth { destination[offset * depth + k] = layer.x[row * depth + k] }
          }
        }
        var out = [Float](repeating: 0, count: rows * columns)
        layer.weights.multiply(tokens, into: &out)
        #expect(out == layer.run(.active, 0))
      }
    }
  }

  private struct Layer {
    let rows, columns, depth: Int
    let x, bias, other: [Float]
    let format: ProductFormat
    let weights: PackedWeights

    init(
      _ rows: Int, _ columns: Int, _ depth: Int, _ format: ProductFormat, _ generator: inout SeededGenerator
    ) {
      (self.rows, self.columns, self.depth, self.format) = (rows, columns, depth, format)
      x = generator.floats(rows * depth)
      bias = generator.floats(columns)
      other = generator.floats(rows * columns)
      weights =
        switch format {
        case .float32: PackedWeights(generator.floats(columns * depth), outputs: columns, inputs: depth)
        case .int8:
          PackedWeights(
            codes: generator.codes(columns * depth), scales: generator.floats(columns, scale: 0.01),
            outputs: columns,
            inputs: depth)
        case .plain: preconditionFailure("no product")
        }
    }

    func run(_ kernels: Kernels, _ epilogue: Int) -> [Float] {
      let tokens = PackedTokens(kernels: kernels)
      tokens.pack(x, rows: rows, width: depth, as: format)
      var out = other
      bias.withUnsafeBufferPointer { bias in
        other.withUnsafeBufferPointer { other in
          out.withUnsafeMutableBufferPointer { out in
            let settings: PackedWeights.Epilogue =
              switch epilogue {
              case 1: .init(bias: bias.baseAddress, activation: .gelu)
              case 2: .init(bias: bias.baseAddress, residual: out.baseAddress)
              case 3: .init(activation: .silu, factor: other.baseAddress, residual: other.baseAddress)
              default: .init()
              }
            weights.multiply(tokens, settings, into: out.baseAddress!)
          }
        }
      }
      return out
    }
  }
}
