/// R2 of predictions within groups of episodes, each about the group's own mean: what is read there beyond knowing the group.
///
/// Columns count in units of their spread over all frames, so that one that hardly varies in a group hardly weighs there:
/// `r2_score(truth / std, predictions / std, multioutput="variance_weighted")` of the group's frames in scikit-learn.
package struct GroupedR2: Sendable {
  /// By group; `nil` where the truth varies too little to say.
  package let r2: [Double?]
  /// What a group scores less what all others together do that can be judged; `nil` where either cannot be said.
  package let differences: [Double?]
  /// The same without each unit of episodes, the predictions of the others as they are: [units, groups].
  package let deleted: Matrix

  /// Least spread within a group, as a share of that over all frames: below it, R2 would be about nothing.
  package static let leastSpread = 0.2

  /// - Parameters:
  ///   - predictions: [frames, columns]; no column of `truth` is constant.
  ///   - groupOfEpisode: from 0 on, every group with episodes.
  ///   - unitOfEpisode: from 0 on; episodes of one unit are left out together, by default each by itself.
  package init(
    _ predictions: Matrix, _ truth: Matrix, episodeOfFrame: [Int], groupOfEpisode: [Int],
    unitOfEpisode: [Int]? = nil
  ) {
    let groups = (groupOfEpisode.max() ?? -1) + 1
    let episodes = Self.sums(predictions, truth, episodeOfFrame: episodeOfFrame, count: groupOfEpisode.count)
    var whole = [Sums](repeating: Sums(columns: truth.columns), count: groups)
    for (episode, group) in groupOfEpisode.enumerated() { whole[group].add(episodes[episode], times: 1) }
    let totals = whole.map(\.total)
    let varies = whole.map {
      $0.total > Self.leastSpread * Self.leastSpread * $0.count * Double(truth.columns)
    }
    let judged = whole.indices.filter { varies[$0] }
    let errors = judged.reduce(0) { $0 + whole[$1].errors }
    let total = judged.reduce(0) { $0 + totals[$1] }
    r2 = whole.indices.map { varies[$0] ? 1 - whole[$0].errors / totals[$0] : nil }
    /// `group` less the others, with the sums of `changed` in place of those groups' own.
    func difference(_ group: Int, _ changed: [Int: Sums]) -> Double {
      let own = changed[group].map { ($0.errors, $0.total) } ?? (whole[group].errors, totals[group])
      let all = changed.sorted { $0.key < $1.key }.reduce((errors, total)) { all, change in
        (
          all.0 - whole[change.key].errors + change.value.errors,
          all.1 - totals[change.key] + change.value.total
        )
      }
      return (all.0 - own.0) / (all.1 - own.1) - own.0 / own.1
    }
    let compared = judged.count > 1 ? judged : []
    differences = whole.indices.map { compared.contains($0) ? difference($0, [:]) : nil }
    let units = unitOfEpisode ?? Array(groupOfEpisode.indices)
    var deleted = Matrix((units.max() ?? -1) + 1, groups)
    for (unit, members) in Dictionary(grouping: groupOfEpisode.indices, by: { units[$0] }) {
      var left: [Int: Sums] = [:]
      for episode in members {
        let place = groupOfEpisode[episode]
        left[place, default: whole[place]].add(episodes[episode], times: -1)
      }
      // Where nothing else varies in the group, what is left could not be judged.
      left = left.filter { varies[$0.key] && $0.value.total > 1e-9 * totals[$0.key] }
      for group in compared { deleted[unit, group] = difference(group, left) }
    }
    self.deleted = deleted
  }

  /// Of frames, columns in units of their spread about the mean over all frames.
  private struct Sums {
    var count = 0.0
    var errors = 0.0
    /// Of squares, over all columns.
    var squares = 0.0
    /// Of each column.
    var values: [Double]

    init(columns: Int) { values = [Double](repeating: 0, count: columns) }

    /// About the own mean.
    var total: Double { count > 0 ? squares - values.reduce(0) { $0 + $1 * $1 } / count : 0 }

    mutating func add(_ other: Sums, times factor: Double) {
      count += factor * other.count
      errors += factor * other.errors
      squares += factor * other.squares
      for column in values.indices { values[column] += factor * other.values[column] }
    }
  }

  private static func sums(
    _ predictions: Matrix, _ truth: Matrix, episodeOfFrame: [Int], count: Int
  ) -> [Sums] {
    var centred = truth
    centred.subtractFromRows(truth.columnMeans())
    let weights = centred.columnSquares().map { Double(truth.rows) / $0 }
    var result = [Sums](repeating: Sums(columns: truth.columns), count: count)
    for (frame, episode) in episodeOfFrame.enumerated() {
      result[episode].count += 1
      for (column, weight) in weights.enumerated() {
        let value = centred[frame, column]
        let error = truth[frame, column] - predictions[frame, column]
        result[episode].errors += weight * error * error
        result[episode].squares += weight * value * value
        result[episode].values[column] += weight.squareRoot() * value
      }
    }
    return result
  }
}
