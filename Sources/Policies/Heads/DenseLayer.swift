internal import COpenBLAS
internal import Foundation
internal import Statistics
package import Tensors

/// A linear layer that is trained: `y = x W' + b`.
package struct DenseLayer: Sendable, Equatable {
  package let inputs: Int
  package let outputs: Int
  /// [outputs, inputs].
  package var weight: [Float]
  /// [outputs].
  package var bias: [Float]

  package init(inputs: Int, outputs: Int, weight: [Float], bias: [Float]) {
    precondition(weight.count == inputs * outputs && bias.count == outputs)
    self.inputs = inputs
    self.outputs = outputs
    self.weight = weight
    self.bias = bias
  }

  /// Weights uniform within `sqrt(6 / (inputs + outputs))` (Glorot and Bengio 2010), biases zero: as the authors begin.
  package init(inputs: Int, outputs: Int, using generator: inout SeededGenerator) {
    let limit = (6 / Double(inputs + outputs)).squareRoot()
    self.init(
      inputs: inputs, outputs: outputs,
      weight: (0..<inputs * outputs).map { _ in Float((2 * generator.uniform() - 1) * limit) },
      bias: [Float](repeating: 0, count: outputs))
  }

  /// All zeros, to add gradients to.
  package var zeros: DenseLayer {
    DenseLayer(
      inputs: inputs, outputs: outputs, weight: [Float](repeating: 0, count: weight.count),
      bias: [Float](repeating: 0, count: outputs))
  }

  /// `x`: [rows, inputs]; gives [rows, outputs].
  package func callAsFunction(_ x: [Float], rows: Int) -> [Float] {
    precondition(x.count == rows * inputs)
    var y = [Float](unsafeUninitializedCapacity: rows * outputs) { y, count in
      for row in 0..<rows { (y.baseAddress! + row * outputs).update(from: bias, count: outputs) }
      count = rows * outputs
    }
    weight.withUnsafeBufferPointer { w in
      y.withUnsafeMutableBufferPointer { y in
        x.withUnsafeBufferPointer { x in
          let (w, x) = (w.baseAddress!, x.baseAddress!)
          nonisolated(unsafe) let y = y.baseAddress!
          Self.inBlocks(outputs) { part in
            cblas_sgemm(
              CblasRowMajor, CblasNoTrans, CblasTrans, blasint(rows), blasint(part.count), blasint(inputs), 1, x,
              blasint(inputs), w + part.lowerBound * inputs, blasint(inputs), 1, y + part.lowerBound,
              blasint(outputs))
          }
        }
      }
    }
    return y
  }

  /// Adds to `gradient` what the loss changes by with weights and biases.
  ///
  /// - Parameters:
  ///   - x: [rows, inputs], what the layer was given.
  ///   - dy: [rows, outputs], the loss's gradient at what it gave.
  package func addGradient(_ x: [Float], _ dy: [Float], rows: Int, to gradient: inout DenseLayer) {
    precondition(x.count == rows * inputs && dy.count == rows * outputs)
    for row in 0..<rows { for output in 0..<outputs { gradient.bias[output] += dy[row * outputs + output] } }
    x.withUnsafeBufferPointer { x in
      dy.withUnsafeBufferPointer { dy in
        gradient.weight.withUnsafeMutableBufferPointer { dw in
          let (x, dy) = (x.baseAddress!, dy.baseAddress!)
          nonisolated(unsafe) let dw = dw.baseAddress!
          Self.inBlocks(outputs) { part in
            cblas_sgemm(
              CblasRowMajor, CblasTrans, CblasNoTrans, blasint(part.count), blasint(inputs), blasint(rows), 1,
              dy + part.lowerBound, blasint(outputs), x, blasint(inputs), 1, dw + part.lowerBound * inputs,
              blasint(inputs))
          }
        }
      }
    }
  }

  /// What the loss changes by with the layer's input, [rows, inputs], by `dy`, [rows, outputs].
  package func inputGradient(_ dy: [Float], rows: Int) -> [Float] {
    precondition(dy.count == rows * outputs)
    var dx = [Float](repeating: 0, count: rows * inputs)
    weight.withUnsafeBufferPointer { w in
      dy.withUnsafeBufferPointer { dy in
        dx.withUnsafeMutableBufferPointer { dx in
          let (w, dy) = (w.baseAddress!, dy.baseAddress!)
          nonisolated(unsafe) let dx = dx.baseAddress!
          Self.inBlocks(inputs) { part in
            cblas_sgemm(
              CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(rows), blasint(part.count), blasint(outputs), 1,
              dy, blasint(outputs), w + part.lowerBound, blasint(inputs), 0, dx + part.lowerBound,
              blasint(inputs))
          }
        }
      }
    }
    return dx
  }

  /// Columns in blocks of one size, whatever the number of threads: the same bits on any.
  private static func inBlocks(_ count: Int, _ body: (Range<Int>) -> Void) {
    let block = 256
    Parallel.forEach((count + block - 1) / block) { index in
      body(index * block..<min(count, (index + 1) * block))
    }
  }
}
