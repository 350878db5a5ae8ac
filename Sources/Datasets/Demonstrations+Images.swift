package import Images
package import Tensors

extension Demonstrations {
  /// The frames in use of one episode, upright, read now.
  package func images(of episode: Episode) throws(VLMError) -> [RGBImage] {
    try source.frames(camera(of: episode), rows: episode.rows, of: episode.index)
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
    return try source.frames(camera, rows: [row], of: episode.index)[0]
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
