/// How far activations move at one stage, token by token: what int8 does to them.
public struct StageCosine: Sendable, Codable {
  /// Tap name, as `vision.blocks.3`.
  public let stage: String
  /// Cosine between int8 and f32 activations of the worst token.
  public let worstToken: Double
  /// The same, on average over tokens.
  public let meanToken: Double
  /// 10 log10 of f32 energy over the energy of the difference; `nil` when they are equal.
  public let decibels: Double?

  /// - Parameter tokens: float against quantized, each comparison one token.
  package init(stage: String, tokens: [FloatComparison]) {
    let cosines = tokens.map(\.direction)
    let all = tokens.reduce(into: FloatComparison(), +=)
    self.stage = stage
    worstToken = cosines.reduce(1) { $1 >= $0 ? $0 : $1 }
    meanToken = cosines.reduce(0, +) / Double(max(cosines.count, 1))
    decibels = LossSums(signal: all.first, noise: all.difference).decibels
  }
}

extension FloatComparison {
  /// Compares two activations `[tokens, width]` token by token. Traps when they differ in shape.
  package static func tokens(_ a: FloatTensor, _ b: FloatTensor) -> [FloatComparison] {
    precondition(a.shape == b.shape, "\(a.shape) against \(b.shape)")
    let width = a.rowWidth
    return withExtendedLifetime((a, b)) {
      (0..<a.rowCount).map { row in
        FloatComparison(
          UnsafeBufferPointer(start: a.base + row * width, count: width),
          UnsafeBufferPointer(start: b.base + row * width, count: width))
      }
    }
  }
}
