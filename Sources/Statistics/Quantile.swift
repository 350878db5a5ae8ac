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

  /// Of every column, near its least value.
  static func low(_ columns: Matrix, at place: Double) -> [Double] {
    let index = Int(place)
    // Where there is no further one, the neighbour is the value itself.
    let isLast = index + 1 >= columns.rows
    return greatestTwo(ofLeast: isLast ? index + 1 : index + 2, columns, times: 1).map { before, greatest in
      isLast ? greatest : before + (place - Double(index)) * (greatest - before)
    }
  }

  /// Of every column, near its greatest value.
  static func high(_ columns: Matrix, at place: Double) -> [Double] {
    let index = Int(place)
    let isLast = index + 1 >= columns.rows
    return greatestTwo(ofLeast: columns.rows - index, columns, times: -1).map { before, greatest in
      isLast ? -greatest : -greatest + (place - Double(index)) * (greatest - before)
    }
  }

  /// Of the `count` least of each column's `values * sign`, the greatest and the one before it.
  ///
  /// They lie in a heap with the greatest on top, with which what comes is compared: most of it is turned away at that.
  private static func greatestTwo(
    ofLeast count: Int, _ columns: Matrix, times sign: Double
  ) -> [(before: Double, greatest: Double)] {
    let width = columns.columns
    // The tops by themselves, side by side.
    var tops = [Double](repeating: .infinity, count: width)
    var heaps = [Double](repeating: .infinity, count: width * count)
    columns.values.withUnsafeBufferPointer { values in
      tops.withUnsafeMutableBufferPointer { tops in
        heaps.withUnsafeMutableBufferPointer { heaps in
          for row in 0..<columns.rows {
            let line = values.baseAddress! + row * width
            for column in 0..<width where sign * line[column] < tops[column] {
              let heap = heaps.baseAddress! + column * count
              sink(sign * line[column], into: heap, count)
              tops[column] = heap[0]
            }
          }
        }
      }
    }
    return (0..<width).map { column in
      let heap = heaps[column * count..<(column + 1) * count]
      return (heap.dropFirst().prefix(2).max() ?? tops[column], tops[column])
    }
  }

  /// Puts `value` in the place of the greatest.
  private static func sink(_ value: Double, into heap: UnsafeMutablePointer<Double>, _ count: Int) {
    var place = 0
    while true {
      var child = 2 * place + 1
      if child + 1 < count, heap[child + 1] > heap[child] { child += 1 }
      if child >= count || heap[child] <= value { break }
      heap[place] = heap[child]
      place = child
    }
    heap[place] = value
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
