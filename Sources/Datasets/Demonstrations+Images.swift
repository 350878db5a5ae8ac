package import Images
package import Tensors

extension Demonstrations {
  /// The frames in use of one episode, upright, read from the file now.
  package func images(of episode: Episode) throws(VLMError) -> [RGBImage] {
    let file = files[episode.file]
    let name = "\(episode.group)/obs/\(camera.value)"
    let size = imageHeight * imageWidth * 3
    var images: [RGBImage] = []
    images.reserveCapacity(episode.rows.count)
    // Neighbouring rows share compressed blocks, so a run of them is read at once; at most 64 rows are held.
    var next = 0
    while next < episode.rows.count {
      let first = episode.rows[next]
      var end = next + 1
      while end < episode.rows.count, episode.rows[end] - first < 64 { end += 1 }
      let bytes = try file.bytes(name, rows: first..<episode.rows[end - 1] + 1)
      for row in episode.rows[next..<end] {
        let start = (row - first) * size
        images.append(
          orientation.value.image(bytes[start..<start + size], width: imageWidth, height: imageHeight))
      }
      next = end
    }
    return images
  }
  /// The frame of one row, upright, whether it is among those in use or not.
  package func image(row: Int, of episode: Episode) throws(VLMError) -> RGBImage {
    let file = files[episode.file]
    let name = "\(episode.group)/obs/\(camera.value)"
    guard (0..<episode.length).contains(row) else {
      throw VLMError(
        .datasetOption, "there is no row \(row); it has 0 to \(episode.length - 1)", file: file.path,
        tensor: name)
    }
    let bytes = try file.bytes(name, rows: row..<row + 1)
    return orientation.value.image(bytes[...], width: imageWidth, height: imageHeight)
  }

  /// The demonstration `demo_3`, or `FILE:demo_3` of several files; by default the first.
  package func episode(named name: String?) throws(VLMError) -> Episode {
    guard let name else { return episodes[0] }
    if let found = episodes.first(where: { $0.spellings(files).contains(name) }) { return found }
    let names = Set(episodes.map { String($0.group.split(separator: "/").last ?? "") })
    throw VLMError(
      .datasetMask, "there is no demonstration \(name)", file: path, remedy: "there are \(list(Array(names)))"
    )
  }
}
