/// One demonstration, and the rows of it that are used.
package struct Episode: Sendable, Equatable {
  /// Index into `DemonstrationSource.episodes`.
  package let index: Int
  package let recorded: RecordedEpisode
  /// As recorded, before rows are aligned.
  package let contents: EpisodeDescription
  /// Index into `Demonstrations.tasks`.
  package let task: Int
  /// Image rows used, ascending.
  package let rows: [Int]

  /// Index into `Demonstrations.files`.
  package var file: Int { recorded.file }
  /// `/data/demo_3`.
  package var place: String { recorded.place }
  /// Rows of the recording.
  package var length: Int { contents.length }
}

/// Which rows of an episode are used.
package enum FrameSelection {
  /// Every `stride`-th of `0..<available`, thinned evenly to `limit` with both ends kept.
  package static func rows(available: Int, stride: Int, limit: Int?) -> [Int] {
    let all = Array(Swift.stride(from: 0, to: available, by: stride))
    guard let limit, limit < all.count else { return all }
    guard limit > 1 else { return [all[all.count / 2]] }
    return (0..<limit).map { all[($0 * (all.count - 1) + (limit - 1) / 2) / (limit - 1)] }
  }
}
