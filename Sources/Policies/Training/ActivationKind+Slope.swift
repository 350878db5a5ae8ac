internal import Foundation
package import Mapping

/// Functions between layers with their derivatives.
extension ActivationKind {
  func value(_ x: Float) -> Float {
    let x = Double(x)
    let y: Double =
      switch self {
      case .silu: x / (1 + exp(-x))
      case .quickGelu: x / (1 + exp(-1.702 * x))
      case .gelu: 0.5 * x * (1 + erf(x * 0.5.squareRoot()))
      case .geluTanh: 0.5 * x * (1 + tanh(Self.tanhScale * (x + 0.044715 * x * x * x)))
      case .relu: max(x, 0)
      }
    return Float(y)
  }

  func slope(_ x: Float) -> Float {
    let x = Double(x)
    func gated(_ rate: Double) -> Double {
      let s = 1 / (1 + exp(-rate * x))
      return s * (1 + rate * x * (1 - s))
    }
    let y: Double =
      switch self {
      case .silu: gated(1)
      case .quickGelu: gated(1.702)
      case .gelu: 0.5 * (1 + erf(x * 0.5.squareRoot())) + x * exp(-x * x / 2) / (2 * Double.pi).squareRoot()
      case .geluTanh:
        {
          let t = tanh(Self.tanhScale * (x + 0.044715 * x * x * x))
          return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * Self.tanhScale * (1 + 3 * 0.044715 * x * x)
        }()
      case .relu: x > 0 ? 1 : 0
      }
    return Float(y)
  }

  private static let tanhScale = (2 / Double.pi).squareRoot()
}
