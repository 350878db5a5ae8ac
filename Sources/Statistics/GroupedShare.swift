/// How many questions count, and how many of them say yes, in one group.
package struct GroupedCount: Sendable, Equatable {
  package var yes: Int
  package var count: Int

  package init(yes: Int, count: Int) {
    self.yes = yes
    self.count = count
  }
}

/// A share among questions that come in groups, such as those about one picture, with Wilson's interval.
///
/// Questions of one group may share their fate, so the interval counts fewer of them (Korn and Graubard 1998): with p the share,
/// n questions, y of them yes, in G groups,
///
///     v = G / (G - 1) sum_g (y_g - p n_g)^2 / n^2,   b = p (1 - p) / (n - 1),   m = n / max(1, v / b) (t_{n-1} / t_{G-1})^2
///
/// stands for n in Wilson's formula at 95 %; where all are yes, or none is, n / max(1, v / b) is G. With a question a group this is
/// Wilson's interval itself.
package struct GroupedShare: Sendable, Equatable, Codable {
  package let value: Double
  /// `nil` with fewer than two groups.
  package let interval: Interval?

  /// - Parameter groups: those without questions are left out; `nil` when none is left.
  package init?(_ groups: [GroupedCount]) {
    let groups = groups.filter { $0.count > 0 }
    let (yes, count) = groups.reduce((0, 0)) { ($0.0 + $1.yes, $0.1 + $1.count) }
    guard count > 0 else { return nil }
    let (n, p) = (Double(count), Double(yes) / Double(count))
    value = p
    let spread = groups.map { Double($0.yes) - p * Double($0.count) }
    let size = EffectiveSize(spread, count: n, scatter: n * p * (1 - p))
    interval = size.map { size in
      let z = EffectiveSize.quantile
      let centre = (p + z * z / (2 * size.value)) / (1 + z * z / size.value)
      let half = z / (1 + z * z / size.value) * (p * (1 - p) / size.value + z * z / (4 * size.value * size.value)).squareRoot()
      return Interval(lower: max(0, min(p, centre - half)), upper: min(1, max(p, centre + half)))
    }
  }
}

/// What two models differ in on the same questions, in one group.
package struct GroupedChange: Sendable, Equatable {
  /// Questions that the second alone says yes to, and those that the first alone does.
  package var gained: Int
  package var lost: Int
  package var count: Int

  package init(gained: Int, lost: Int, count: Int) {
    self.gained = gained
    self.lost = lost
    self.count = count
  }
}

/// The difference of two shares over the same questions, (gained - lost) / n, with the interval of Bonett and Price (2012).
///
/// It adds one question to either kind of change, so that no change at all is not taken for certainty; n is made smaller for groups as
/// for `GroupedShare`, and the changes with it.
package struct PairedShare: Sendable, Equatable, Codable {
  package let value: Double
  /// `nil` with fewer than two groups.
  package let interval: Interval?

  /// - Parameter groups: those without questions are left out; `nil` when none is left.
  package init?(_ groups: [GroupedChange]) {
    let groups = groups.filter { $0.count > 0 }
    let count = groups.reduce(0) { $0 + $1.count }
    guard count > 0 else { return nil }
    let n = Double(count)
    let (gained, lost) = groups.reduce((0.0, 0.0)) { ($0.0 + Double($1.gained), $0.1 + Double($1.lost)) }
    let difference = (gained - lost) / n
    value = difference
    let spread = groups.map { Double($0.gained - $0.lost) - difference * Double($0.count) }
    let size = EffectiveSize(spread, count: n, scatter: gained + lost - n * difference * difference)
    interval = size.map { size in
      let (more, less) = ((gained / n * size.value + 1) / (size.value + 2), (lost / n * size.value + 1) / (size.value + 2))
      let centre = more - less
      let half = EffectiveSize.quantile * ((more + less - centre * centre) / (size.value + 2)).squareRoot()
      return Interval(lower: max(-1, min(difference, centre - half)), upper: min(1, max(difference, centre + half)))
    }
  }
}

/// How many independent questions those of some groups are worth; see `GroupedShare`.
private struct EffectiveSize {
  let value: Double

  /// Of the standard normal distribution, two-sided 95 %.
  static let quantile = 1.959963984540054

  /// - Parameters:
  ///   - spread: of each group the sum of its questions' deviations from the mean.
  ///   - scatter: the sum of all questions' squared deviations.
  init?(_ spread: [Double], count: Double, scatter: Double) {
    guard spread.count > 1 else { return nil }
    let groups = Double(spread.count)
    let between = groups / (groups - 1) * spread.reduce(0) { $0 + $1 * $1 }
    let within = scatter * count / (count - 1)
    // Rounding leaves no scatter that is not there.
    let worth = within > 1e-9 ? count / max(1, between / within) : groups
    let ratio =
      StudentT.quantile(0.975, degrees: Int(count) - 1) / StudentT.quantile(0.975, degrees: spread.count - 1)
    value = worth * ratio * ratio
  }
}
