internal import Foundation
internal import Tensors

/// Adam with weight decay apart from the gradient (Loshchilov and Hutter 2019), on parameters in one flat array.
///
///     m = b1 m + (1 - b1) g,   v = b2 v + (1 - b2) g^2
///     p = p (1 - rate decay) - rate m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + epsilon)
package struct AdamW: Sendable, Equatable {
  package struct Settings: Sendable, Equatable, Codable {
    package var beta1 = 0.9
    package var beta2 = 0.999
    package var epsilon = 1e-8
    package var weightDecay = 0.0
    package init() {}
  }

  package let settings: Settings
  package private(set) var step: Int
  /// By parameter array.
  package private(set) var mean: [[Float]]
  package private(set) var square: [[Float]]

  package init(like parameters: [[Float]], settings: Settings = Settings()) {
    let zeros = parameters.map { [Float](repeating: 0, count: $0.count) }
    self.init(settings: settings, step: 0, mean: zeros, square: zeros)
  }

  /// An optimiser that goes on where another stopped.
  package init(settings: Settings, step: Int, mean: [[Float]], square: [[Float]]) {
    precondition(mean.map(\.count) == square.map(\.count))
    self.settings = settings
    self.step = step
    self.mean = mean
    self.square = square
  }

  /// Begins a step, in which each array is updated once.
  package mutating func advance() { step += 1 }

  /// Changes the array at `index` against its gradient.
  package mutating func update(_ index: Int, _ parameters: inout [Float], _ gradient: [Float], rate: Double) {
    precondition(step > 0 && parameters.count == mean[index].count && gradient.count == parameters.count)
    // 1 - b in f64: in f32 that of 0.999 is off by 1e-5.
    let (gain1, gain2, b2) = (Float(1 - settings.beta1), Float(1 - settings.beta2), Float(settings.beta2))
    let stepSize = Float(rate / (1 - pow(settings.beta1, Double(step))))
    let root = Float((1 - pow(settings.beta2, Double(step))).squareRoot())
    let (epsilon, kept) = (Float(settings.epsilon), Float(1 - rate * settings.weightDecay))
    let count = gradient.count
    parameters.withUnsafeMutableBufferPointer { p in
      mean[index].withUnsafeMutableBufferPointer { m in
        square[index].withUnsafeMutableBufferPointer { v in
          gradient.withUnsafeBufferPointer { g in
            // Each part of the arrays is written by one thread.
            nonisolated(unsafe) let (p, m, v, g) = (p, m, v, g)
            Parallel.forRanges(count, grain: 4096) { part in
              for index in part {
                m[index] += (g[index] - m[index]) * gain1
                v[index] = v[index] * b2 + g[index] * g[index] * gain2
                p[index] = p[index] * kept - stepSize * m[index] / (v[index].squareRoot() / root + epsilon)
              }
            }
          }
        }
      }
    }
  }

  /// Scales gradients down so that all together are no longer than `limit` (`torch.nn.utils.clip_grad_norm_`).
  ///
  /// - Returns: how long they were.
  package static func clip(_ gradients: inout [[Float]], to limit: Double) -> Double {
    let norm = gradients.reduce(0.0) { $1.reduce($0) { $0 + Double($1) * Double($1) } }.squareRoot()
    let factor = Float(min(1, limit / (norm + 1e-6)))
    guard factor < 1 else { return norm }
    for array in gradients.indices { for index in gradients[array].indices { gradients[array][index] *= factor } }
    return norm
  }
}
