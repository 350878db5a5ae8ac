package import Tensors

/// Times the products of a vision encoder against what this machine can do at most, after checking their results.
///
/// Figures are the best of several runs on all threads; nothing is asserted on speed.
package enum KernelBenchmark {
  /// One product, `rows` tokens by `inputs` to `outputs`.
  package struct ProductSize: Sendable, Codable {
    package var name: String
    package var rows: Int
    package var outputs: Int
    package var inputs: Int

    package init(name: String, rows: Int, outputs: Int, inputs: Int) {
      self.name = name
      self.rows = rows
      self.outputs = outputs
      self.inputs = inputs
    }

    var operations: Double { 2 * Double(rows) * Double(outputs) * Double(inputs) }
  }

  package struct Measurement: Sendable, Codable {
    package var extent: ProductSize
    /// 10⁹ operations a second, a multiplication and an addition being two.
    package var float32: Double
    /// The same for int8, with the quantization of the tokens counted in.
    package var int8: Double
  }

  package struct AttentionMeasurement: Sendable, Codable {
    package var tokens: Int
    package var heads: Int
    package var headWidth: Int
    package var float32: Double
  }

  package struct Result: Sendable, Codable {
    package var instructionSet: String
    package var threads: Int
    /// Peaks of the machine in the same unit and run: fused f32 multiply-adds, and the int8 path's multiplications.
    package var float32Peak: Double
    package var int8Peak: Double
    package var products: [Measurement]
    package var attention: [AttentionMeasurement]
  }

  /// The layers of Qwen2-VL's vision encoder at 448 x 448 (1024 patches) and one at 224 x 224.
  package static let encoderExtents: [ProductSize] = [
    ProductSize(name: "qkv 448", rows: 1024, outputs: 3840, inputs: 1280),
    ProductSize(name: "output 448", rows: 1024, outputs: 1280, inputs: 1280),
    ProductSize(name: "mlp up 448", rows: 1024, outputs: 5120, inputs: 1280),
    ProductSize(name: "mlp down 448", rows: 1024, outputs: 1280, inputs: 5120),
    ProductSize(name: "mlp up 224", rows: 256, outputs: 5120, inputs: 1280),
  ]

  /// Runs everything; about ten seconds on two cores.
  ///
  /// - Throws: `benchmarks.answer.wrong` when a product is not what the scalar kernels compute.
  package static func run(
    _ extents: [ProductSize] = encoderExtents,
    attention: [(tokens: Int, heads: Int, width: Int)] = [(1024, 16, 80)],
    repetitions: Int = 5
  ) throws(VLMError) -> Result {
    try verify()
    let kernels = Kernels.active
    let peaks = kernels.peaks(threads: Parallel.threads)
    let products = extents.map { extent in
      Measurement(
        extent: extent, float32: rate(extent, .float32, repetitions), int8: rate(extent, .int8, repetitions))
    }
    let attention = attention.map { extent in
      AttentionMeasurement(
        tokens: extent.tokens, heads: extent.heads, headWidth: extent.width,
        float32: attentionRate(extent.tokens, extent.heads, extent.width, repetitions))
    }
    return Result(
      instructionSet: kernels.instructionSet.rawValue, threads: Parallel.threads, float32Peak: peaks.float32,
      int8Peak: peaks.int8, products: products, attention: attention)
  }

  /// Compares a small product of each format with the scalar kernels.
  static func verify() throws(VLMError) {
    let extent = ProductSize(name: "check", rows: 29, outputs: 83, inputs: 211)
    guard let scalar = Kernels(.scalar) else { return }
    let problem = Problem(extent, .int8)
    guard problem.integers(.active) == problem.integers(scalar) else {
      throw VLMError(.benchmarkWrong, "int8 sums differ from the scalar kernel's")
    }
    let float = Problem(extent, .float32)
    let (ours, theirs) = (float.values(.active), float.values(scalar))
    let largest = theirs.map(abs).max() ?? 0
    for (a, b) in zip(ours, theirs) where abs(a - b) > 1e-5 * largest {
      throw VLMError(.benchmarkWrong, "f32 sums differ from the scalar kernel's")
    }
  }

  private static func rate(_ extent: ProductSize, _ format: ProductFormat, _ repetitions: Int) -> Double {
    let problem = Problem(extent, format)
    let tokens = PackedTokens()
    var out = [Float](repeating: 0, count: extent.rows * extent.outputs)
    let seconds = best(of: repetitions) {
      tokens.pack(problem.x, rows: extent.rows, width: extent.inputs, as: format)
      problem.weights.multiply(tokens, into: &out)
    }
    return extent.operations / seconds / 1e9
  }

  private static func attentionRate(_ tokens: Int, _ heads: Int, _ width: Int, _ repetitions: Int) -> Double {
    var numbers = SeededGenerator(seed: 0, purpose: "kernels")
    let row = heads * width
    let x = numbers.normals(tokens * 3 * row)
    var out = [Float](repeating: 0, count: tokens * row)
    let seconds = x.withUnsafeBufferPointer { x in
      let base = x.baseAddress!
      return best(of: repetitions) {
        Kernels.active.attention(
          query: .init(base, stride: 3 * row), key: .init(base + row, stride: 3 * row), value: base + 2 * row,
          heads: heads, width: width, segments: [0, tokens], scale: 1 / Float(width).squareRoot(), into: &out,
          outStride: row)
      }
    }
    return 4 * Double(tokens) * Double(tokens) * Double(row) / seconds / 1e9
  }

  private static func best(of repetitions: Int, _ body: () -> Void) -> Double {
    let clock = ContinuousClock()
    var least = Duration.seconds(3600)
    for _ in 0..<max(1, repetitions) { least = min(least, clock.measure(body)) }
    return Double(least.components.seconds) + Double(least.components.attoseconds) * 1e-18
  }

  /// Normally distributed tokens and weights of one layer.
  private struct Problem {
    let extent: ProductSize
    let x: [Float]
    let weights: PackedWeights

    init(_ extent: ProductSize, _ format: ProductFormat) {
      self.extent = extent
      var numbers = SeededGenerator(seed: 0, purpose: "kernels")
      x = numbers.normals(extent.rows * extent.inputs)
      let values = numbers.normals(extent.outputs * extent.inputs)
      switch format {
      case .float32: weights = PackedWeights(values, outputs: extent.outputs, inputs: extent.inputs)
      case .int8:
        var codes = [Int8](repeating: 0, count: values.count),
          scales = [Float](repeating: 0, count: extent.outputs)
        _ = Kernels.active.quantizeRows(
          values, of: .f32, rows: extent.outputs, width: extent.inputs, group: extent.inputs, codes: &codes,
          scales: &scales)
        weights = PackedWeights(codes: codes, scales: scales, outputs: extent.outputs, inputs: extent.inputs)
      case .plain: preconditionFailure("no product")
      }
    }

    func integers(_ kernels: Kernels) -> [Int32] {
      let tokens = PackedTokens(kernels: kernels)
      tokens.pack(x, rows: extent.rows, width: extent.inputs, as: .int8)
      var sums = [Int32](repeating: 0, count: extent.rows * extent.outputs)
      weights.integerSums(tokens, into: &sums)
      return sums
    }

    func values(_ kernels: Kernels) -> [Float] {
      let tokens = PackedTokens(kernels: kernels)
      tokens.pack(x, rows: extent.rows, width: extent.inputs, as: .float32)
      var out = [Float](repeating: 0, count: extent.rows * extent.outputs)
      weights.multiply(tokens, into: &out)
      return out
    }
  }
}

extension VLMError.Code {
  static let benchmarkWrong = Self("benchmarks.answer.wrong")
}
