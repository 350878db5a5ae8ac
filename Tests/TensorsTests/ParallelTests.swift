import Synchronization
import Tensors
import Testing

@Suite struct ParallelTests {
  @Test(arguments: [0, 1, 2, 7, 1000], [1, 2, 3, 16]) func eachIndexRunsOnce(count: Int, threads: Int) {
    let runs = Mutex([Int](repeating: 0, count: count))
    Parallel.forEach(count, threads: threads) { index in runs.withLock { $0[index] += 1 } }
    #expect(runs.withLock { $0 } == [Int](repeating: 1, count: count))
  }

  @Test(arguments: [0, 1, 15, 16, 17, 1000], [1, 2, 3, 16]) func rangesCoverAll(count: Int, threads: Int) {
    let ranges = Mutex<[Range<Int>]>([])
    Parallel.forRanges(count, grain: 16, threads: threads) { range in ranges.withLock { $0.append(range) } }
    let sorted = ranges.withLock { $0 }.sorted { $0.lowerBound < $1.lowerBound }
    #expect(sorted.flatMap(Array.init) == Array(0..<count))
    #expect(sorted.dropLast().allSatisfy { $0.count % 16 == 0 })
  }

  private struct Fault: Error, Equatable { let index: Int }

  @Test(arguments: [1, 2, 16]) func mapKeepsTheOrderAndThrowsTheFirstError(threads: Int) {
    #expect(Parallel.map(1000, threads: threads) { $0 * $0 } == (0..<1000).map { $0 * $0 })
    for _ in 0..<50 {
      #expect(throws: Fault(index: 7)) {
        try Parallel.map(100, threads: threads) { (index) throws(Fault) in
          if index >= 7 { throw Fault(index: index) }
        }
      }
    }
  }

  @Test(arguments: [1, 2, 16]) func rangesThrowTheErrorOfTheFirstPart(threads: Int) {
    #expect(throws: Fault(index: 0)) {
      try Parallel.forRanges(1000, threads: threads) { (range) throws(Fault) in throw Fault(index: range.lowerBound) }
    }
  }
}
