import Foundation
import Statistics
import TestSupport
import Testing

/// Shares, differences and medians of questions in groups, against SciPy and NumPy: see fixtures/oracle/make_questions.py.
@Suite struct GroupedShareTests {
  struct Case: Decodable, Sendable {
    let groups: [[Int]]
    let value: Double
    let interval: [Double]
  }

  struct Cases: Decodable, Sendable {
    let shares: [Case]
    let changes: [Case]
  }

  static let cases = try! JSONDecoder().decode(Cases.self, from: Data(contentsOf: Fixture.url("jarvis/questions/intervals.json")))

  /// Quantiles are exact to 1e-10, and go into a square.
  private static let tolerance = 1e-8

  private func expect(_ value: Double, _ interval: Interval?, _ each: Case) throws {
    let interval = try #require(interval)
    #expect(abs(value - each.value) < 1e-12)
    #expect(abs(interval.lower - each.interval[0]) < Self.tolerance && abs(interval.upper - each.interval[1]) < Self.tolerance, "\(interval)")
  }

  @Test(arguments: cases.shares) func shares(each: Case) throws {
    let share = try #require(GroupedShare(each.groups.map { GroupedCount(yes: $0[0], count: $0[1]) }))
    try expect(share.value, share.interval, each)
  }

  @Test(arguments: cases.changes) func changes(each: Case) throws {
    let change = try #require(PairedShare(each.groups.map { GroupedChange(gained: $0[0], lost: $0[1], count: $0[2]) }))
    try expect(change.value, change.interval, each)
  }

  /// What cannot be said is not said.
  @Test func fewGroups() throws {
    #expect(GroupedShare([]) == nil && GroupedShare([GroupedCount(yes: 0, count: 0)]) == nil && PairedShare([]) == nil)
    #expect(GroupedMedian([]) == nil && GroupedMedian([[], []]) == nil)
    let share = try #require(GroupedShare([GroupedCount(yes: 3, count: 4), GroupedCount(yes: 0, count: 0)]))
    #expect(share.value == 0.75 && share.interval == nil)
    let median = try #require(GroupedMedian([[1, 9, 2]]))
    #expect(median.value == 2 && median.interval == nil)
    #expect(try #require(PairedShare([GroupedChange(gained: 1, lost: 0, count: 2)])).interval == nil)
  }

  @Test func mediansOfEvenCounts() throws {
    #expect(try #require(GroupedMedian([[1], [2], [10], [4]])).value == 3)
    #expect(try #require(GroupedMedian([[5, 5], [5]])).interval == Interval(lower: 5, upper: 5))
  }

  /// Groups that agree within themselves leave more open than as many numbers by themselves; the seed decides all.
  @Test func groupsWidenTheInterval() throws {
    let numbers = (0..<60).map { Double($0 * 37 % 60) }
    let alone = try #require(GroupedMedian(numbers.map { [$0] })?.interval)
    let sorted = numbers.sorted()
    let together = try #require(GroupedMedian((0..<6).map { Array(sorted[$0 * 10..<$0 * 10 + 10]) })?.interval)
    #expect(together.upper - together.lower > 1.5 * (alone.upper - alone.lower))
    #expect(GroupedMedian(numbers.map { [$0] }) == GroupedMedian(numbers.map { [$0] }))
    #expect(GroupedMedian(numbers.map { [$0] }, seed: 1)?.interval != nil)
    // The exact interval for the median of 60 numbers is from the 22nd to the 39th.
    #expect(abs(alone.lower - 21.5) <= 2.5 && abs(alone.upper - 38.5) <= 2.5, "\(alone)")
  }
}
