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
        images.append(orientation.value.image(bytes[start..<start + size], width: imageWidth, height: imageHeight))
      }
      next = end
    }
    return images
  }
}
