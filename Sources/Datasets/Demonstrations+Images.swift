package import Images
package import Tensors

extension Demonstrations {
  /// The frames in use of one episode, upright, read now.
  package func images(of episode: Episode) throws(VLMError) -> [RGBImage] {
    try images(of: episode, rows: episode.rows)
  }

  /// Frames in use of one episode that follow each other.
  package struct Stretch: Sendable, Equatable {
    package let episode: Episode
    /// The episode's place in `Demonstrations.episodes`.
    package let place: Int
    /// Places in the episode's rows in use.
    package let range: Range<Int>
  }

  /// Those that frames in use are, counted over all episodes.
  package func stretches(of frames: Range<Int>) -> [Stretch] {
    var first = 0
    var stretches: [Stretch] = []
    for place in episodes.indices where first < frames.upperBound {
      let next = first + episodes[place].rows.count
      let own = frames.clamped(to: first..<next)
      if !own.isEmpty {
        stretches.append(
          Stretch(
            episode: episodes[place], place: place, range: own.lowerBound - first..<own.upperBound - first))
      }
      first = next
    }
    return stretches
  }

  /// Upright, read now.
  package func images(of stretch: Stretch) throws(VLMError) -> [RGBImage] {
    try images(of: stretch.episode, rows: Array(stretch.episode.rows[stretch.range]))
  }

  /// What the robot is told in each of these frames in use.
  package func instructions(of frames: Range<Int>) -> [String] {
    stretches(of: frames).flatMap { [String](repeating: tasks[$0.episode.task], count: $0.range.count) }
  }

  func images(of episode: Episode, rows: [Int]) throws(VLMError) -> [RGBImage] {
    try source.frames(camera(of: episode), rows: rows, of: episode.index)
  }

  /// The frame of one row, upright, whether it is among those in use or not.
  package func image(row: Int, of episode: Episode) throws(VLMError) -> RGBImage {
    let camera = camera(of: episode)
    guard (0..<episode.length).contains(row) else {
      throw VLMError(
        .datasetOption, "there is no row \(row); it has 0 to \(episode.length - 1)",
        file: files[episode.file],
        tensor: camera.place)
    }
    return try images(of: episode, rows: [row])[0]
  }

  /// What is projected into the frames of one episode.
  ///
  /// - Throws: `datasets.camera.unknown`, and what reading the description of its scene throws.
  package func projection(of episode: Episode) throws(VLMError) -> FrameProjection {
    FrameProjection(
      camera: try source.pinhole(of: camera.value, in: episode.index), width: imageWidth, height: imageHeight,
      stored: recordedOrientation, taken: orientation.value)
  }

  private func camera(of episode: Episode) -> RecordedCamera {
    episode.contents.cameras.first { $0.name == camera.value }!
  }

  /// The demonstration `demo_3`, or `FILE:demo_3` of several files; by default the first.
  package func episode(named name: String?) throws(VLMError) -> Episode {
    guard let name else { return episodes[0] }
    if let found = episodes.first(where: { $0.recorded.spellings(in: files).contains(name) }) { return found }
    throw VLMError(
      .datasetMask, "there is no demonstration \(name)", file: path,
      remedy: "there are \(list(Array(Set(episodes.map(\.recorded.name)))))")
  }
}
