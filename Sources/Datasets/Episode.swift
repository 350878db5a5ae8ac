/// One demonstration: a group of a file, and the rows of it that are used.
package struct Episode: Sendable, Equatable {
  /// Index into `Demonstrations.files`.
  package let file: Int
  /// `/data/demo_3`.
  package let group: String
  /// Index into `Demonstrations.tasks`.
  package let task: Int
  /// Rows of the arrays.
  package let length: Int
  /// Image rows used, ascending.
  package let rows: [Int]

  /// What a user may call it.
  func spellings(_ files: [any ArrayFile]) -> [String] { demonstrationNames(group, in: files[file].path) }

  /// What to do about a demonstration that cannot be used.
  package var leaveOut: String { leavingOut(group) }
}

/// `demo_3`, and `FILE:demo_3` for one of several files.
func demonstrationNames(_ group: String, in path: String) -> [String] {
  let name = group.split(separator: "/").last.map(String.init) ?? group
  return [name, "\(path.split(separator: "/").last ?? ""):\(name)"]
}

/// How a demonstration is left out, for a remedy.
func leavingOut(_ group: String) -> String {
  "leave the demonstration out with --exclude \(group.split(separator: "/").last ?? "")"
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
