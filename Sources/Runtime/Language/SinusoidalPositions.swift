internal import Foundation

/// Sines and cosines of the position, added to the embeddings (Kosmos-2, after tensor2tensor).
///
/// The first half of a row is `sin(position · 10000^(-i / (width/2 - 1)))`, the second the cosines; an odd last column is
/// zero.
struct SinusoidalPositions: Sendable {
  let width: Int
  private let frequencies: [Float]

  init(width: Int) {
    self.width = width
    let half = width / 2
    let step = Float(log(10000) / Double(max(half - 1, 1)))
    frequencies = (0..<half).map { exp(Float($0) * -step) }
  }

  /// Adds the row of each position to `x`, `[positions.count, width]`.
  func add(_ positions: [Int], to x: UnsafeMutablePointer<Float>) {
    let half = width / 2
    for (row, position) in positions.enumerated() {
      let target = x + row * width
      for index in 0..<half {
        let angle = Double(Float(position) * frequencies[index])
        target[index] += Float(sin(angle))
        target[half + index] += Float(cos(angle))
      }
    }
  }
}
