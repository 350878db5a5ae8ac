internal import Tensors

/// The middle of numbers that come in groups, with the interval of a bootstrap that draws whole groups.
///
/// 2,000 draws of as many groups as there are, with replacement; the interval is from the 50th smallest to the 50th largest of their
/// medians, which is 95 %. The same groups and seed give the same interval.
package struct GroupedMedian: Sendable, Equatable, Codable {
  package let value: Double
  /// `nil` with fewer than two groups.
  package let interval: Interval?

  package static let draws = 2000

  /// - Parameter groups: the numbers of each group; those without any are left out, and `nil` comes when none is left.
  package init?(_ groups: [[Double]], seed: UInt64 = 0) {
    let groups = groups.filter { !$0.isEmpty }
    guard !groups.isEmpty else { return nil }
    let sorted = groups.enumerated().flatMap { group, values in values.map { (value: $0, group: group) } }
      .sorted { ($0.value, $0.group) < ($1.value, $1.group) }
    value = Self.median(sorted) { _ in 1 }
    guard groups.count > 1 else {
      interval = nil
      return
    }
    var generator = SeededGenerator(seed: seed, purpose: "median")
    var medians: [Double] = []
    medians.reserveCapacity(Self.draws)
    for _ in 0..<Self.draws {
      var times = [Int](repeating: 0, count: groups.count)
      for _ in groups { times[generator.index(below: groups.count)] += 1 }
      medians.append(Self.median(sorted) { times[$0] })
    }
    medians.sort()
    let tail = Self.draws / 40
    interval = Interval(lower: medians[tail - 1], upper: medians[Self.draws - tail])
  }

  /// Of numbers that are there several times each; of an even count the mean of the two in the middle.
  private static func median(_ sorted: [(value: Double, group: Int)], _ times: (Int) -> Int) -> Double {
    let total = sorted.reduce(0) { $0 + times($1.group) }
    var (seen, low) = (0, Double?.none)
    for (value, group) in sorted {
      seen += times(group)
      if low == nil, seen > (total - 1) / 2 { low = value }
      if let low, seen > total / 2 { return (low + value) / 2 }
    }
    return low ?? 0
  }
}
