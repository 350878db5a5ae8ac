internal import CKernels

/// Where numbers stop being numbers.
package enum Finiteness {
  /// The place of the first NaN or infinity among `count` values, on the calling thread; `nil` when there is none.
  package static func firstFault(in x: UnsafePointer<Float>, count: Int) -> Int? {
    let place = vk_first_not_finite(x, count)
    return place == count ? nil : place
  }

  /// What a value that is no finite number is called.
  package static func word(_ value: Float) -> String {
    value.isNaN ? "NaN" : value > 0 ? "infinity" : "minus infinity"
  }
}
