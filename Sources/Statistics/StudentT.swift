internal import Foundation

/// Student's distribution.
package enum StudentT {
  /// The number that a variable with `degrees` of freedom is below with the probability `level`.
  ///
  ///     P(|T| > t) = I(degrees / (degrees + t^2); degrees / 2, 1 / 2)
  ///
  /// I being the regularised incomplete beta function; by bisection, to 1e-10.
  package static func quantile(_ level: Double, degrees: Int) -> Double {
    precondition(degrees > 0 && level > 0 && level < 1)
    guard level != 0.5 else { return 0 }
    if level < 0.5 { return -quantile(1 - level, degrees: degrees) }
    let tail = 2 * (1 - level)
    let n = Double(degrees)
    var (low, high) = (0.0, 1.0)
    while incompleteBeta(n / (n + high * high), n / 2, 0.5) > tail { high *= 2 }
    while high - low > 1e-10 * max(1, high) {
      let middle = (low + high) / 2
      if incompleteBeta(n / (n + middle * middle), n / 2, 0.5) > tail { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// The regularised incomplete beta function by its continued fraction (Lentz; Numerical Recipes 6.4).
  private static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    guard x > 0, x < 1 else { return x <= 0 ? 0 : 1 }
    // The fraction converges fast below the mean only.
    if x > (a + 1) / (a + b + 2) { return 1 - incompleteBeta(1 - x, b, a) }
    let front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    let tiny = 1e-300
    func away(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
    var c = 1.0
    var d = 1 / away(1 - (a + b) * x / (a + 1))
    var fraction = d
    for m in 1...10_000 {
      let m = Double(m)
      var step = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      d = 1 / away(1 + step * d)
      c = away(1 + step / c)
      fraction *= d * c
      step = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      d = 1 / away(1 + step * d)
      c = away(1 + step / c)
      fraction *= d * c
      if abs(d * c - 1) < 1e-15 { break }
    }
    return front * fraction
  }
}
