/// Quantiles, between the two neighbours in proportion, as numpy's `quantile`. `at`: a place among the sorted values, from 0.
enum Quantile {
  /// Of many values somewhere in their midst; puts them in another order.
  static func middle(_ values: inout [Double], at place: Double) -> Double {
    let index = Int(place)
    return values.withUnsafeMutableBufferPointer { values in
      let lower = select(index, of: values)
      let upper = values[(index + 1)...].min() ?? lower
      return lower + (place - Double(index)) * (upper - lower)
    }
  }

  /// The value that would stand at `index` if all were sorted, which it moves there with what is less before it (Hoare's FIND).
  private static func select(_ index: Int, of values: UnsafeMutableBufferPointer<Double>) -> Double {
    var (first, last) = (0, values.count - 1)
    while first < last {
      let pivot = values[(first + last) / 2]
      var (left, right) = (first, last)
      while left <= right {
        while values[left] < pivot { left += 1 }
        while pivot < values[right] { right -= 1 }
        guard left <= right else { break }
        values.swapAt(left, right)
        left += 1
        right -= 1
      }
      if index <= right {
        last = right
      } else if index >= left {
        first = left
      } else {
        break
      }
    }
    return values[index]
  }
}
