internal import COpenBLAS

/// The least value of a smooth function, by the limited-memory method of Broyden, Fletcher, Goldfarb and Shanno (Nocedal 1980).
enum LBFGS {
  private static let history = 12

  private typealias Step = (step: [Double], change: [Double], product: Double)

  /// Moves `point` until the gradient's length is at most `tolerance`, or rounding lets nothing more be seen; false when `mostSteps`
  /// did not do.
  ///
  /// - Parameter function: a point's value and gradient.
  static func minimise(
    _ point: inout [Double], tolerance: Double, mostSteps: Int,
    _ function: ([Double]) -> (value: Double, gradient: [Double])
  ) -> Bool {
    var (value, gradient) = function(point)
    var steps: [Step] = []
    var taken = 0
    while gradient.dot(gradient).squareRoot() > tolerance {
      guard taken < mostSteps else { return false }
      taken += 1
      let direction = direction(gradient, steps)
      let slope = direction.dot(gradient)
      var length = 1.0
      var next = point
      var (nextValue, nextGradient) = (Double.infinity, gradient)
      // Near the end the values differ by rounding only, and a step of the length that curvature says is good.
      let rounding = 1e-13 * abs(value)
      repeat {
        next = point
        next.add(direction, times: length)
        (nextValue, nextGradient) = function(next)
        length /= 2
      } while nextValue > value + 1e-4 * 2 * length * slope + rounding && length > 1e-10
      var step = next
      step.add(point, times: -1)
      var change = nextGradient
      change.add(gradient, times: -1)
      let product = step.dot(change)
      if product > 0 {
        if steps.count == history { steps.removeFirst() }
        steps.append((step, change, product))
      } else if steps.isEmpty, nextValue >= value - rounding {
        // Nothing is left that rounding lets one see.
        return true
      } else {
        // Where the function bends down, the steps before tell nothing of what comes.
        steps.removeAll()
      }
      (point, value, gradient) = (next, nextValue, nextGradient)
    }
    return true
  }

  /// `-H gradient`, H the inverse curvature that the last steps tell of, in two loops.
  private static func direction(_ gradient: [Double], _ steps: [Step]) -> [Double] {
    var direction = gradient.map { -$0 }
    var shares: [Double] = []
    for (step, change, product) in steps.reversed() {
      let share = step.dot(direction) / product
      direction.add(change, times: -share)
      shares.append(share)
    }
    if let last = steps.last {
      let scale = last.product / last.change.dot(last.change)
      for index in direction.indices { direction[index] *= scale }
    }
    for ((step, change, product), share) in zip(steps, shares.reversed()) {
      direction.add(step, times: share - change.dot(direction) / product)
    }
    return direction
  }
}

extension [Double] {
  fileprivate func dot(_ other: [Double]) -> Double { cblas_ddot(blasint(count), self, 1, other, 1) }

  fileprivate mutating func add(_ other: [Double], times factor: Double) {
    cblas_daxpy(blasint(count), factor, other, 1, &self, 1)
  }
}
