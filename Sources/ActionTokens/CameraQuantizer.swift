internal import Foundation

/// Degrees by which the view turns in a step, to 21 bins that are finer near rest, and back: a mu-law of 20 over 10 degrees.
///
/// With x in degrees, clipped to -10...10: y = sign(x) ln(1 + 20 |x| / 10) / ln(21) x 10, bin = y + 10, rounded, halves to
/// the even one. Source: MineStudio, `minestudio/utils/vpt_lib/actions.py`, with the settings of JARVIS-VLA.
package enum CameraQuantizer {
  package static let bins = 21
  package static let restingBin = 10
  /// What is beyond is clipped.
  package static let mostDegrees = 10.0
  private static let mu = 20.0

  /// - Parameter degrees: finite.
  package static func bin(degrees: Double) -> Int {
    precondition(degrees.isFinite, "degrees are not finite")
    let x = min(max(degrees, -mostDegrees), mostDegrees) / mostDegrees
    let y = log(1 + mu * x.magnitude) / log(1 + mu) * mostDegrees
    return Int(((x < 0 ? -y : y) + mostDegrees).rounded(.toNearestOrEven))
  }

  /// The degrees that a bin stands for.
  package static func degrees(bin: Int) -> Double {
    let y = Double(bin - restingBin) / mostDegrees
    let x = mostDegrees * (pow(1 + mu, y.magnitude) - 1) / mu
    return y < 0 ? -x : x
  }
}
