import Testing

import Tensors

/// Tolerance: 1e-6 of the largest value, ten units in f32's last place; truth is torch in float64.
private let tolerance = 1e-6

@Suite struct ElementwiseTests {
  private let reference = KernelReference.shared

  @Test(arguments: InstructionSet.available)
  func activationsAreTorchs(_ isa: InstructionSet) throws {
    let kernels = try #require(Kernels(isa))
    let truth = reference.activations
    let expected: [(Activation, [Double])] = [
      (.gelu, truth.gelu), (.geluTanh, truth.geluTanh), (.quickGelu, truth.quickGelu), (.silu, truth.silu),
      (.relu, truth.relu), (.sigmoid, truth.sigmoid), (.identity, truth.x.map(Double.init)),
    ]
    for (function, values) in expected {
      var y = truth.x
      kernels.activate(function, truth.x, into: &y, count: y.count)
      for (index, value) in values.enumerated() {
        #expect(abs(Double(y[index]) - value) <= 5e-7 * max(abs(value), 1), "\(function)(\(truth.x[index]))")
      }
    }
  }

  @Test(arguments: InstructionSet.available)
  func normsAndSoftmaxAreTorchs(_ isa: InstructionSet) throws {
    let kernels = try #require(Kernels(isa))
    let truth = reference.norms
    var y = truth.x
    kernels.layerNorm(
      truth.x, weight: truth.weight, bias: truth.bias, epsilon: truth.epsilon, into: &y, rows: truth.rows,
      width: truth.width)
    #expect(deviation(y, from: truth.layerNorm) <= tolerance)
    kernels.rmsNorm(
      truth.x, weight: truth.weight, epsilon: truth.epsilon, into: &y, rows: truth.rows, width: truth.width)
    #expect(deviation(y, from: truth.rmsNorm) <= tolerance)
    y = truth.x
    kernels.softmax(&y, scale: truth.softmaxScale, rows: truth.rows, width: truth.width)
    #expect(deviation(y, from: truth.softmax) <= 2e-6)  // exponents near 20 are themselves off by 1e-6
  }

  @Test(arguments: InstructionSet.available)
  func rotationIsTransformers(_ isa: InstructionSet) throws {
    let kernels = try #require(Kernels(isa))
    let truth = reference.rotation
    var x = truth.x
    kernels.rotate(
      &x, cosines: truth.cosines, sines: truth.sines, tokens: truth.tokens, heads: truth.heads,
      width: truth.width,
      tokenStride: truth.heads * truth.width)
    #expect(deviation(x, from: truth.rotated) <= tolerance)
  }

  @Test(arguments: InstructionSet.available)
  func lengthsThatStraddleVectors(_ isa: InstructionSet) throws {
    let kernels = try #require(Kernels(isa)), scalar = try #require(Kernels(.scalar))
    var generator = SeededGenerator(seed: 3)
    for width in straddlingLengths {
      let x = generator.floats(2 * width, scale: 2), up = generator.floats(2 * width)
      let weight = generator.floats(width), bias = generator.floats(width)
      func check(_ name: String, _ body: (Kernels, inout [Float]) -> Void) {
        var ours = x, theirs = x
        body(kernels, &ours)
        body(scalar, &theirs)
        #expect(deviation(ours, from: theirs) <= 2e-6, "\(name), width \(width)")
      }
      for function in Activation.allCases {
        check("\(function)") { $0.activate(function, x, into: &$1, count: x.count) }
      }
      check("layerNorm") {
        $0.layerNorm(x, weight: weight, bias: bias, epsilon: 1e-5, into: &$1, rows: 2, width: width)
      }
      check("layerNorm without bias") {
        $0.layerNorm(x, weight: weight, bias: nil, epsilon: 1e-5, into: &$1, rows: 2, width: width)
      }
      check("rmsNorm") { $0.rmsNorm(x, weight: weight, epsilon: 1e-5, into: &$1, rows: 2, width: width) }
      check("softmax") { $0.softmax(&$1, scale: 0.7, rows: 2, width: width) }
      check("add") { $0.add(x, up, into: &$1, count: x.count) }
      let tables = generator.floats(2 * width)
      var pairs = generator.floats(4 * width), expected = pairs
      kernels.rotate(
        &pairs, cosines: tables, sines: up, tokens: 2, heads: 1, width: 2 * width, tokenStride: 2 * width)
      scalar.rotate(
        &expected, cosines: tables, sines: up, tokens: 2, heads: 1, width: 2 * width, tokenStride: 2 * width)
      #expect(deviation(pairs, from: expected) <= tolerance, "rotate, width \(2 * width)")
    }
  }

  /// The first elements of each head turn, the others stay as they are.
  @Test(arguments: InstructionSet.available)
  func rotatesPartOfAHead(_ isa: InstructionSet) throws {
    let (kernels, tokens, heads, part, width) = (try #require(Kernels(isa)), 3, 2, 12, 40)
    var generator = SeededGenerator(seed: 5)
    let (cosines, sines) = (generator.floats(tokens * part / 2), generator.floats(tokens * part / 2))
    let before = generator.floats(tokens * heads * width)
    var after = before
    kernels.rotate(
      &after, cosines: cosines, sines: sines, tokens: tokens, heads: heads, width: part, headStride: width,
      tokenStride: heads * width)
    for token in 0..<tokens {
      for head in 0..<heads {
        let start = (token * heads + head) * width
        var alone = Array(before[start..<start + part])
        kernels.rotate(
          &alone, cosines: Array(cosines[token * part / 2..<(token + 1) * part / 2]),
          sines: Array(sines[token * part / 2..<(token + 1) * part / 2]), tokens: 1, heads: 1, width: part, tokenStride: part)
        #expect(Array(after[start..<start + width]) == alone + before[start + part..<start + width])
      }
    }
  }
}
