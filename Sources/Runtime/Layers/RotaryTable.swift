internal import Foundation
internal import Tensors

/// Rotary angles of every token over (row, column), in the order in which the encoder computes.
///
/// Pair `p` of a head (elements `p` and `p + headWidth / 2`) turns by `row * θ^(-2p / (headWidth / 2))` in the first
/// quarter of the head and by the column in the second (axial rotary of Qwen2-VL).
struct RotaryTable: Sendable {
  /// `[tokens, headWidth / 2]`
  let cosines: FloatTensor
  /// `[tokens, headWidth / 2]`
  let sines: FloatTensor

  init(coordinates: [(row: Int, column: Int)], headWidth: Int, theta: Double) {
    let quarter = headWidth / 4
    let frequencies = (0..<quarter).map { Float(1 / pow(theta, Double(2 * $0) / Double(headWidth / 2))) }
    let furthest = coordinates.reduce(0) { max($0, $1.row, $1.column) }
    // Angles depend on one whole coordinate and one frequency only, so each is computed once.
    let angles = (0...furthest).flatMap { place in frequencies.map { Float(place) * $0 } }
    let cosineOf = angles.map { Float(cos(Double($0))) }
    let sineOf = angles.map { Float(sin(Double($0))) }
    func table(_ values: [Float]) -> FloatTensor {
      FloatTensor([coordinates.count, 2 * quarter]) { destination in
        for (token, place) in coordinates.enumerated() {
          for index in 0..<quarter {
            destination[token * 2 * quarter + index] = values[place.row * quarter + index]
            destination[token * 2 * quarter + quarter + index] = values[place.column * quarter + index]
          }
        }
      }
    }
    cosines = table(cosineOf)
    sines = table(sineOf)
  }

  /// Of patches by where their centres lie in the picture's height and width, from -1 to 1: pair `p` turns by
  /// `2π y θ^(-2p / (headWidth / 2))` in the first quarter of the head and by x in the second (DINOv3). `nil`: a token that is not turned.
  init(centres: [(y: Float, x: Float)?], headWidth: Int, theta: Double) {
    let quarter = headWidth / 4
    let frequencies = (0..<quarter).map { 1 / Float(pow(theta, Double(Float(4 * $0) / Float(headWidth)))) }
    self.init(tokens: centres.count, pairs: 2 * quarter) { token, pair in
      guard let centre = centres[token] else { return 0 }
      return Float(2 * Double.pi) * (pair < quarter ? centre.y : centre.x) * frequencies[pair % quarter]
    }
  }

  /// A table of `tokens` rows of `pairs` angles, `angle(token, pair)` in radians.
  init(tokens: Int, pairs: Int, angle: (_ token: Int, _ pair: Int) -> Float) {
    let angles = FloatTensor([tokens, pairs]) { destination in
      for token in 0..<tokens {
        for pair in 0..<pairs { destination[token * pairs + pair] = angle(token, pair) }
      }
    }
    cosines = FloatTensor([tokens, pairs]) { destination in
      for index in destination.indices { destination[index] = Float(cos(Double(angles.base[index]))) }
    }
    sines = FloatTensor([tokens, pairs]) { destination in
      for index in destination.indices { destination[index] = Float(sin(Double(angles.base[index]))) }
    }
  }

  /// Turns the first `heads` heads of every row of `x` in place; rows are `stride` floats apart, heads `headWidth` (as wide as the
  /// table by default; of wider ones the first elements turn).
  func rotate(_ x: UnsafeMutablePointer<Float>, rows: Int, stride: Int, heads: Int, headWidth: Int? = nil) {
    nonisolated(unsafe) let x = x
    let half = cosines.rowWidth
    Parallel.forRanges(rows, grain: 16) { range in
      Kernels.active.rotate(
        x + range.lowerBound * stride, cosines: cosines.base + range.lowerBound * half,
        sines: sines.base + range.lowerBound * half, tokens: range.count, heads: heads, width: 2 * half,
        headStride: headWidth, tokenStride: stride)
    }
  }
}
