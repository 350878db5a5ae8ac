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

  /// Near the least of the values.
  static func low(_ values: UnsafeBufferPointer<Double>, at place: Double) -> Double {
    let index = Int(place)
    let (lower, upper) = greatestTwo(ofLeast: min(index + 2, values.count), values, times: 1)
    return index + 1 < values.count ? lower + (place - Double(index)) * (upper - lower) : upper
  }

  /// Near the greatest of the values.
  static func high(_ values: UnsafeBufferPointer<Double>, at place: Double) -> Double {
    let index = Int(place)
    let (upper, lower) = greatestTwo(ofLeast: values.count - index, values, times: -1)
    return -lower + (index + 1 < values.count ? (place - Double(index)) * (lower - upper) : 0)
  }

  /// Of the `count` least of all `values * sign`, the greatest and the one before it.
  ///
  /// They lie in a heap with the greatest on top, with which what comes is compared: most of it is turned away at that.
  private static func greatestTwo(
    ofLeast count: Int, _ values: UnsafeBufferPointer<Double>, times sign: Double
  ) -> (before: Double, greatest: Double) {
    precondition(count > 0)
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { heap in
      func sink(_ value: Double, from start: Int) {
        var place = start
        while true {
          var child = 2 * place + 1
          if child >= count { break }
          if child + 1 < count, heap[child + 1] > heap[child] { child += 1 }
          if heap[child] <= value { break }
          heap[place] = heap[child]
          place = child
        }
        heap[place] = value
      }
      for place in 0..<count { heap.initializeElement(at: place, to: sign * values[place]) }
      for place in (0..<count / 2).reversed() { sink(heap[place], from: place) }
      for place in count..<max(values.count, count) {
        let value = sign * values[place]
        if value < heap[0] { sink(value, from: 0) }
      }
      let before = count > 2 ? max(heap[1], heap[2]) : heap[count - 1]
      return (before, heap[0])
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
