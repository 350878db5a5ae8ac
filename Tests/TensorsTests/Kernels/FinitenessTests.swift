import Tensors
import Testing

@Suite struct FinitenessTests {
  /// Lengths around the blocks that are judged as a whole, and every kind of value that is none.
  @Test(arguments: [1, 31, 1023, 1024, 1025, 5000])
  func findsTheFirst(count: Int) {
    let extremes: [Float] = [0, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, -.greatestFiniteMagnitude]
    var values = (0..<count).map { extremes[$0 % extremes.count] }
    let none = Finiteness.firstFault(in: values, count: count)
    #expect(none == nil)
    for fault in [Float.nan, .infinity, -.infinity, .signalingNaN] {
      for place in Set([0, count / 2, count - 1]) {
        let before = values
        values[count - 1] = .nan
        values[place] = fault
        let found = Finiteness.firstFault(in: values, count: count)
        #expect(found == place)
        values = before
      }
    }
  }

  @Test func nothingIsFinite() {
    let values = [Float.nan]
    let found = Finiteness.firstFault(in: values, count: 0)
    #expect(found == nil)
  }
}
