internal import COpenBLAS
internal import Foundation
internal import Mapping
internal import Tensors

enum Stopgap {
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
