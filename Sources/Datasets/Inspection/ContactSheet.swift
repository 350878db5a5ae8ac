internal import Images
internal import Tensors

/// Small frames of some demonstrations, a row each, side by side in one picture; images one after another.
struct ContactSheet {
  private static let across = 6
  private static let down = 12
  private static let side = 160
  private static let gap = 4
  private var rows: [[RGBImage]] = []

  private var isFull: Bool { rows.count >= Self.down && rows.last!.count >= Self.across }

  mutating func add(
    _ episode: Int, _ contents: EpisodeDescription, camera: RecordedCamera,
    of source: any DemonstrationSource,
    upright orientation: ImageOrientation
  ) throws(VLMError) {
    let isOfImage = contents.length == 1
    guard isOfImage ? !isFull : rows.count < Self.down else { return }
    let chosen = FrameSelection.rows(available: contents.length, stride: 1, limit: Self.across)
    let scale = min(1, Double(Self.side) / Double(max(camera.width, camera.height)))
    let size = (max(1, Int(Double(camera.width) * scale)), max(1, Int(Double(camera.height) * scale)))
    var row: [RGBImage] = []
    for frame in try source.frames(camera, rows: chosen, of: episode) {
      row.append(
        try orientation.upright(frame).resized(
          width: size.0, height: size.1, by: Resampler(.box, as: .pillow)))
    }
    if isOfImage, let last = rows.last, last.count < Self.across {
      rows[rows.count - 1] += row
    } else {
      rows.append(row)
    }
  }

  /// `nil` where there is none.
  func picture() throws(VLMError) -> RGBImage? {
    guard let first = rows.first?.first else { return nil }
    let (cell, line) = (first.width + Self.gap, first.height + Self.gap)
    let (width, height) = (Self.across * cell - Self.gap, rows.count * line - Self.gap)
    var pixels = [UInt8](repeating: 255, count: width * height * 3)
    for (down, row) in rows.enumerated() {
      for (across, image) in row.enumerated() {
        for y in 0..<min(image.height, first.height) {
          let start = ((down * line + y) * width + across * cell) * 3
          let from = y * image.width * 3
          pixels.replaceSubrange(
            start..<start + min(image.width, first.width) * 3,
            with: image.pixels[from..<from + min(image.width, first.width) * 3])
        }
      }
    }
    return RGBImage(width: width, height: height, pixels: pixels)
  }
}
