internal import COpenBLAS
internal import Foundation
internal import Mapping
internal import Tensors

enum Stopgap {
  static func gemm(
    _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, _ bias: UnsafePointer<Float>?, rows: Int, inputs: Int,
    outputs: Int, into y: UnsafeMutablePointer<Float>, accumulating: Bool
  ) {
    if let bias {
      for row in 0..<rows {
        for column in 0..<outputs {
          y[row * outputs + column] = (accumulating ? y[row * outputs + column] : 0) + bias[column]
        }
      }
    }
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, Int32(rows), Int32(outputs), Int32(inputs), 1, x, Int32(inputs), w,
      Int32(inputs), accumulating || bias != nil ? 1 : 0, y, Int32(outputs))
  }

  static func layerNorm(
    _ x: UnsafePointer<Float>, rows: Int, width: Int, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    epsilon: Float, into y: UnsafeMutablePointer<Float>
  ) {
    for row in 0..<rows {
      let source = x + row * width
      var mean = 0.0
      for index in 0..<width { mean += Double(source[index]) }
      mean /= Double(width)
      var variance = 0.0
      for index in 0..<width { variance += (Double(source[index]) - mean) * (Double(source[index]) - mean) }
      let scale = 1 / (variance / Double(width) + Double(epsilon)).squareRoot()
      for index in 0..<width {
        y[row * width + index] =
          Float((Double(source[index]) - mean) * scale) * weight[index] + (bias?[index] ?? 0)
      }
    }
  }

  static func rmsNorm(
    _ x: UnsafePointer<Float>, rows: Int, width: Int, weight: UnsafePointer<Float>, epsilon: Float,
    into y: UnsafeMutablePointer<Float>
  ) {
    for row in 0..<rows {
      let source = x + row * width
      var square = 0.0
      for index in 0..<width { square += Double(source[index]) * Double(source[index]) }
      let scale = 1 / (square / Double(width) + Double(epsilon)).squareRoot()
      for index in 0..<width { y[row * width + index] = Float(Double(source[index]) * scale) * weight[index] }
    }
  }

  static func value(_ x: Float, _ kind: ActivationKind) -> Float {
    switch kind {
    case .gelu: 0.5 * x * (1 + erf(x * Float(0.5).squareRoot()))
    case .geluTanh: 0.5 * x * (1 + tanh(0.7978845608 * (x + 0.044715 * x * x * x)))
    case .quickGelu: x / (1 + exp(-1.702 * x))
    case .silu: x / (1 + exp(-x))
    case .relu: max(0, x)
    }
  }

  static func activate(_ x: UnsafeMutablePointer<Float>, _ count: Int, _ kind: ActivationKind) {
    for index in 0..<count { x[index] = value(x[index], kind) }
  }

  /// `[rows, gate | up]` to `[rows, hidden]` in the same memory.
  static func gate(_ x: UnsafeMutablePointer<Float>, rows: Int, hidden: Int, _ kind: ActivationKind) {
    for row in 0..<rows {
      for index in 0..<hidden {
        x[row * hidden + index] =
          value(x[row * 2 * hidden + index], kind) * x[row * 2 * hidden + hidden + index]
      }
    }
  }

  static func rotate(
    _ x: UnsafeMutablePointer<Float>, rows: Int, stride: Int, heads: Int, half: Int, _ cosines: UnsafePointer<Float>,
    _ sines: UnsafePointer<Float>
  ) {
    for row in 0..<rows {
      for head in 0..<heads {
        let a = x + row * stride + head * 2 * half
        for index in 0..<half {
          let (c, s) = (cosines[row * half + index], sines[row * half + index])
          let (first, second) = (a[index], a[half + index])
          a[index] = first * c - second * s
          a[half + index] = second * c + first * s
        }
      }
    }
  }

  static func attention(
    query: UnsafePointer<Float>, key: UnsafePointer<Float>, value: UnsafePointer<Float>, stride: Int,
    segments: [Int], heads: Int, headWidth: Int, into y: UnsafeMutablePointer<Float>
  ) {
    let scale = 1 / Float(headWidth).squareRoot()
    for (start, end) in zip(segments, segments.dropFirst()) {
      let n = end - start
      let scores = Scratch(n * n)
      for head in 0..<heads {
        let offset = start * stride + head * headWidth
        cblas_sgemm(
          CblasRowMajor, CblasNoTrans, CblasTrans, Int32(n), Int32(n), Int32(headWidth), scale, query + offset,
          Int32(stride), key + offset, Int32(stride), 0, scores.base, Int32(n))
        for row in 0..<n {
          let line = scores.base + row * n
          var top = -Float.infinity
          for index in 0..<n { top = max(top, line[index]) }
          var sum: Float = 0
          for index in 0..<n {
            line[index] = exp(line[index] - top)
            sum += line[index]
          }
          for index in 0..<n { line[index] /= sum }
        }
        cblas_sgemm(
          CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(n), Int32(headWidth), Int32(n), 1, scores.base, Int32(n),
          value + offset, Int32(stride), 0, y + start * heads * headWidth + head * headWidth, Int32(heads * headWidth))
      }
    }
  }
}

extension Stopgap {
  static func crossAttention(
    query: UnsafePointer<Float>, key: UnsafePointer<Float>, value: UnsafePointer<Float>, stride: Int, rows: Int,
    heads: Int, headWidth: Int, into y: UnsafeMutablePointer<Float>
  ) {
    for head in 0..<heads {
      let q = query + head * headWidth
      var scores = (0..<rows).map { row in
        (0..<headWidth).reduce(Float(0)) { $0 + q[$1] * key[row * stride + head * headWidth + $1] }
          / Float(headWidth).squareRoot()
      }
      let top = scores.max()!
      scores = scores.map { exp($0 - top) }
      let sum = scores.reduce(0, +)
      for index in 0..<headWidth {
        y[head * headWidth + index] =
          (0..<rows).reduce(Float(0)) { $0 + scores[$1] / sum * value[$1 * stride + head * headWidth + index] }
      }
    }
  }
}
