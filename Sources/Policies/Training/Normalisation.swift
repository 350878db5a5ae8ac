/// LayerNorm or RMSNorm over rows, and back.
struct Normalisation: Sendable {
  /// LayerNorm.
  let isCentred: Bool
  let weight: [Float]
  let bias: [Float]?
  let epsilon: Double

  /// What was normed.
  struct Tape: Sendable {
    var x: [Float] = []
  }

  func forward(_ x: [Float], rows: Int, _ tape: inout Tape) -> [Float] {
    tape.x = x
    let width = weight.count
    var y = x
    for row in 0..<rows {
      let (mean, scale) = statistics(x, row)
      for index in 0..<width {
        let normed = Float((Double(x[row * width + index]) - mean) * scale)
        y[row * width + index] = normed * weight[index] + (bias?[index] ?? 0)
      }
    }
    return y
  }

  func backward(_ dy: [Float], rows: Int, _ tape: Tape) -> [Float] {
    let width = weight.count
    var dx = dy
    for row in 0..<rows {
      let (mean, scale) = statistics(tape.x, row)
      var (sum, along) = (0.0, 0.0)
      for index in 0..<width {
        let g = Double(dy[row * width + index]) * Double(weight[index])
        sum += g
        along += g * (Double(tape.x[row * width + index]) - mean) * scale
      }
      sum = isCentred ? sum / Double(width) : 0
      along /= Double(width)
      for index in 0..<width {
        let g = Double(dy[row * width + index]) * Double(weight[index])
        let normed = (Double(tape.x[row * width + index]) - mean) * scale
        dx[row * width + index] = Float(scale * (g - sum - normed * along))
      }
    }
    return dx
  }

  private func statistics(_ x: [Float], _ row: Int) -> (mean: Double, scale: Double) {
    let width = weight.count
    let values = x[row * width..<(row + 1) * width]
    let mean = isCentred ? values.reduce(0.0) { $0 + Double($1) } / Double(width) : 0
    let variance = values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(width)
    return (mean, 1 / (variance + epsilon).squareRoot())
  }
}
