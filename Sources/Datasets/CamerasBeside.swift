internal import Images
internal import Tensors

/// A camera whose frames are taken, and how they are stored.
package struct CameraInUse: Sendable, Equatable {
  package let name: String
  package let orientation: Chosen<ImageOrientation>
  package let height: Int
  package let width: Int
}

/// A source with a camera more, whose frames are those of several others side by side, upright and scaled to the first one's height.
struct CamerasBeside: DemonstrationWrapper {
  let base: any DemonstrationSource
  private let parts: [CameraInUse]

  /// Between the names of cameras that stand side by side.
  static let sign: Character = "+"

  init(_ base: any DemonstrationSource, _ parts: [CameraInUse]) {
    precondition(parts.count > 1)
    (self.base, self.parts) = (base, parts)
  }

  var name: String { parts.map(\.name).joined(separator: String(Self.sign)) }
  var height: Int { parts[0].height }
  var width: Int { parts.reduce(0) { $0 + scaledWidth($1) } }

  private func scaledWidth(_ part: CameraInUse) -> Int {
    max(1, Int((Double(part.width) * Double(height) / Double(part.height)).rounded()))
  }

  func describe(_ episode: Int) throws(VLMError) -> EpisodeDescription {
    described(try base.describe(episode))
  }

  /// The description that an episode has here, where `base` gives it that one.
  func described(_ contents: EpisodeDescription) -> EpisodeDescription {
    let own = contents.cameras.first { $0.name == parts[0].name }
    guard let own else { return contents }
    let camera = RecordedCamera(
      name: name, place: own.place, frames: own.frames, height: height, width: width)
    return EpisodeDescription(
      instruction: contents.instruction, length: contents.length,
      cameras: (contents.cameras + [camera]).sorted { $0.name < $1.name }, values: contents.values,
      place: contents.place, names: contents.names, lacksInstruction: contents.lacksInstruction)
  }

  func frames(_ camera: RecordedCamera, rows: [Int], of episode: Int) throws(VLMError) -> [RGBImage] {
    guard camera.name == name else { return try base.frames(camera, rows: rows, of: episode) }
    let recorded = try base.describe(episode).cameras
    var columns: [[RGBImage]] = []
    for part in parts {
      guard let own = recorded.first(where: { $0.name == part.name }) else {
        preconditionFailure("\(part.name) is in every demonstration")
      }
      var frames: [RGBImage] = []
      for frame in try base.frames(own, rows: rows, of: episode) {
        let upright = part.orientation.value.upright(frame)
        frames.append(
          part.height == height
            ? upright
            : try upright.resized(
              width: scaledWidth(part), height: height, by: Resampler(.bilinear, as: .pillow)))
      }
      columns.append(frames)
    }
    return rows.indices.map { row in joined(columns.map { $0[row] }) }
  }

  private func joined(_ frames: [RGBImage]) -> RGBImage {
    RGBImage(width: width, height: height) { pixels in
      for row in 0..<height {
        var place = row * width * 3
        for frame in frames {
          for index in row * frame.width * 3..<(row + 1) * frame.width * 3 {
            pixels.initializeElement(at: place, to: frame.pixels[index])
            place += 1
          }
        }
      }
    }
  }

  func orientation(of camera: String, in episodes: [Int]) throws(VLMError) -> RecordedOrientation {
    guard camera == name else { return try base.orientation(of: camera, in: episodes) }
    let evidence = parts.map { "\($0.name) \($0.orientation.value.rawValue): \($0.orientation.evidence)" }
    return RecordedOrientation(
      fallback: Chosen(.asStored, "each turned upright, \(evidence.joined(separator: "; "))"))
  }

  func lag(of camera: String) -> RecordedLag { base.lag(of: camera == name ? parts[0].name : camera) }

  func pinhole(of camera: String, in episode: Int) throws(VLMError) -> PinholeCamera {
    guard camera == name else { return try base.pinhole(of: camera, in: episode) }
    throw VLMError(
      .datasetCamera, "frames of several cameras side by side are of no one camera",
      file: files[episodes[episode].file], tensor: episodes[episode].place)
  }
}

/// A source with red and blue of its frames in each other's place, for recorders that gave OpenCV the wrong order.
struct RedAndBlueExchanged: DemonstrationWrapper {
  let base: any DemonstrationSource

  func frames(_ camera: RecordedCamera, rows: [Int], of episode: Int) throws(VLMError) -> [RGBImage] {
    try base.frames(camera, rows: rows, of: episode).map(\.exchangingRedAndBlue)
  }
}

extension RGBImage {
  /// Red in the place of blue, and blue in that of red.
  var exchangingRedAndBlue: RGBImage {
    RGBImage(width: width, height: height) { target in
      for index in pixels.indices {
        target.initializeElement(at: index, to: pixels[index - index % 3 + (2 - index % 3)])
      }
    }
  }
}
