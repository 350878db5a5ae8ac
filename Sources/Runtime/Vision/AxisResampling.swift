internal import Mapping

/// For every target position of one axis, which rows of a table it is made of, and by what weights.
///
/// In f32, step by step as torch computes them.
struct AxisResampling {
  /// Rows `first..<first + weights.count` make up one position; a row outside the table is the nearest edge.
  struct Taps {
    let places: [Int]
    let weights: [Float]
  }

  let taps: [Taps]

  /// Brings `side` rows to `count` positions.
  init(_ kind: PositionResampling, count: Int, side: Int) {
    switch kind {
    case .bicubic: taps = (0..<count).map { Self.bicubic($0, count, side) }
    case .bilinearCorners: taps = (0..<count).map { Self.corners($0, count, side) }
    case .bicubicAntialias:
      taps = (0..<count).map { Self.antialias($0, count, side, reach: 2, Self.keys) }
    case .bilinearAntialias:
      taps = (0..<count).map { Self.antialias($0, count, side, reach: 1) { max(0, 1 - abs($0)) } }
    case .bucket: taps = Self.buckets(count, side).map { Taps(places: [$0], weights: [1]) }
    }
  }

  /// Keys' kernel with a = -0.75, half-pixel centres, edges repeated: `interpolate(mode="bicubic")`.
  private static func bicubic(_ index: Int, _ count: Int, _ side: Int) -> Taps {
    let scale = Float(side) / Float(count)
    let place = (Float(index) + 0.5) * scale - 0.5
    let base = place.rounded(.down)
    let t = place - base
    let a: Float = -0.75
    func near(_ x: Float) -> Float { ((a + 2) * x - (a + 3)) * x * x + 1 }
    func far(_ x: Float) -> Float { ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
    return Taps(
      places: (-1...2).map { min(max(Int(base) + $0, 0), side - 1) },
      weights: [far(t + 1), near(t), near(1 - t), far(2 - t)])
  }

  /// The ends of the target on the ends of the table: `interpolate(mode="bilinear", align_corners=True)`.
  private static func corners(_ index: Int, _ count: Int, _ side: Int) -> Taps {
    let place = Float(index) * Float(side - 1) / Float(max(count - 1, 1))
    let base = place.rounded(.down)
    return Taps(
      places: [Int(base), min(Int(base) + 1, side - 1)], weights: [1 - (place - base), place - base])
  }

  /// A kernel widened where the grid shrinks, cut at the edges and brought to sum 1: `interpolate(antialias=True)`.
  ///
  /// - Parameter reach: where the kernel of enlarging ends.
  private static func antialias(
    _ index: Int, _ count: Int, _ side: Int, reach: Float, _ kernel: (Float) -> Float
  ) -> Taps {
    let scale = Float(side) / Float(count)
    let stretch = max(scale, 1)
    let centre = scale * (Float(index) + 0.5)
    let first = max(Int(centre - reach * stretch + 0.5), 0)
    let end = max(min(Int(centre + reach * stretch + 0.5), side), first + 1)
    let weights = (first..<end).map { kernel((Float($0) - centre + 0.5) / stretch) }
    let sum = weights.reduce(0, +)
    return Taps(places: Array(first..<end), weights: weights.map { $0 / sum })
  }

  /// Keys' kernel with a = -0.5, which torch takes for antialiasing.
  private static func keys(_ x: Float) -> Float {
    let (a, x): (Float, Float) = (-0.5, abs(x))
    if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
  }

  /// The cell that each fraction `index / count` falls into, `bucketize(right=True)` of Idefics3's embeddings.
  private static func buckets(_ count: Int, _ side: Int) -> [Int] {
    let cell = 1 / Double(side)
    let edges = (0..<max(Int(((1 - cell) / cell).rounded(.up)), 0)).map { Float(cell + Double($0) * cell) }
    let step = 1 / Float(count)
    return (0..<count).map { index in
      let fraction = min(Float(index) * step, Float(1 - 1e-6))
      return min(edges.count { $0 <= fraction }, side - 1)
    }
  }
}
