internal import Images
internal import Tensors

/// How an array of a file keeps the frames of a camera, a row each.
package enum StoredFrames: Sendable, Equatable {
  /// Pixels of 3 or 4 channels, (T, H, W, C) or planar (T, C, H, W), of which the first three are red, green and blue.
  case pixels(channels: Int, isPlanar: Bool, Scale)
  /// A JPEG or PNG, with or without something that pads it.
  case pictures(Colours)

  package enum Scale: Sendable, Equatable {
    case bytes
    /// Numbers from 0 to this, 1 or 255.
    case numbers(to: Double)
  }

  package enum Colours: Sendable, Equatable {
    case asEncoded
    /// Red and blue stand in each other's place, but not in a JPEG that has a comment of these bytes.
    case exchangedUnlessMarked([UInt8])
  }

  /// Frames of more numbers than this are not read: eight bytes each, they would take far more memory than they do in the file.
  private static let largestOfNumbers = 1 << 25
  /// Rows that are read at once for some of them: neighbours share compressed blocks.
  private static let longestRun = 64

  /// What is said of frames that are not plain (T, H, W, 3) bytes, to follow a comma.
  package var words: String? {
    switch self {
    case .pixels(3, false, .bytes), .pictures(.asEncoded): return nil
    case .pictures: return "JPEGs with red and blue exchanged by their recorder, which is undone"
    case .pixels(let channels, let isPlanar, let scale):
      var words = isPlanar ? ["channels first"] : []
      if channels == 4 { words.append("alpha dropped") }
      if case .numbers(let top) = scale {
        words.append("numbers from 0 to \(Int(top)) by the frames' own, rounded to bytes")
      }
      return words.joined(separator: ", ")
    }
  }

  /// The camera that an array is; `nil` when it holds no frames. Reads a few rows where extents do not tell: the size of compressed
  /// pictures, the range of numbers.
  ///
  /// - Throws: as `RGBImage.size` for damaged pictures.
  static func camera(
    _ name: String, at place: String, _ facts: ArrayFacts, in file: any ArrayFile,
    colours: Colours = .asEncoded
  ) throws(VLMError) -> RecordedCamera? {
    guard facts.rows > 0 else { return nil }
    let extents = facts.extents
    func camera(_ height: Int, _ width: Int, _ stored: StoredFrames) -> RecordedCamera {
      RecordedCamera(
        name: name, place: place, frames: facts.rows, height: height, width: width, stored: stored)
    }
    guard extents.count == 4 else {
      guard let picture = try firstPicture(place, facts, file) else { return nil }
      do throws(VLMError) {
        let size = try RGBImage.size(decoding: picture, file: file.path)
        return camera(size.height, size.width, .pictures(colours))
      } catch { throw placed(error, place, row: 0) }
    }
    // Channels are few, and sides of a picture are not: (T, 4, 4, 1) is a matrix.
    let isPlanar: Bool
    switch (extents[1], extents[3]) {
    case (_, 3): isPlanar = false
    case (3...4, 5...): isPlanar = true
    case (5..., 4): isPlanar = false
    default: return nil
    }
    let channels = isPlanar ? extents[1] : extents[3]
    let (height, width) = isPlanar ? (extents[2], extents[3]) : (extents[1], extents[2])
    guard height > 0, width > 0, height <= RGBImage.maximumPixels / width else { return nil }
    switch facts.kind {
    case .bytes: return camera(height, width, .pixels(channels: channels, isPlanar: isPlanar, .bytes))
    case .numbers:
      guard height * width <= largestOfNumbers / channels,
        let top = try top(place, rows: facts.rows, file)
      else { return nil }
      return camera(height, width, .pixels(channels: channels, isPlanar: isPlanar, .numbers(to: top)))
    case .strings, .octets: return nil
    }
  }

  /// The first row's bytes, where they begin as a JPEG or PNG does.
  private static func firstPicture(
    _ place: String, _ facts: ArrayFacts, _ file: any ArrayFile
  ) throws(VLMError) -> [UInt8]? {
    // (T), (T, 1), or (T, L) bytes; no JPEG or PNG has fewer than 64.
    let isOne = facts.extents.dropFirst().allSatisfy { $0 == 1 } && facts.extents.count <= 2
    let mayBe = facts.kind == .bytes ? facts.extents.count == 2 && facts.width >= 64 : isOne
    guard mayBe, facts.kind != .numbers, let first = try file.octets(place, rows: 0..<1)?.first else {
      return nil
    }
    return ImageFormat(signatureOf: first) == nil ? nil : first
  }

  /// 1 or 255, whichever numbers of the first, middle and last row go up to; `nil` when they are no frames.
  private static func top(_ place: String, rows: Int, _ file: any ArrayFile) throws(VLMError) -> Double? {
    var (least, most) = (0.0, 0.0)
    for row in Set([0, rows / 2, rows - 1]) {
      for value in try file.numbers(place, rows: row..<row + 1) {
        guard value.isFinite else { return nil }
        least = min(least, value)
        most = max(most, value)
      }
    }
    return least < 0 || most > 255 ? nil : most > 1 ? 255 : 1
  }

  /// Frames of ascending `rows`.
  ///
  /// - Throws: `datasets.array.shape` for a frame that is not as the first, `images.*` for a damaged picture, with its row.
  func frames(
    _ camera: RecordedCamera, rows: [Int], in file: any ArrayFile
  ) throws(VLMError) -> [RGBImage] {
    let size = camera.height * camera.width
    let rowBytes: Int
    switch self {
    case .pixels(let channels, _, .bytes): rowBytes = size * channels
    case .pixels(let channels, _, .numbers): rowBytes = size * channels * 8
    case .pictures: rowBytes = size
    }
    let longest = max(1, min(Self.longestRun, (1 << 26) / max(1, rowBytes)))
    var images: [RGBImage] = []
    images.reserveCapacity(rows.count)
    var next = 0
    while next < rows.count {
      let first = rows[next]
      var end = next + 1
      while end < rows.count, rows[end] - first < longest { end += 1 }
      let run = first..<rows[end - 1] + 1
      let wanted = rows[next..<end]
      switch self {
      case .pixels(let channels, let isPlanar, .bytes):
        let bytes = try file.bytes(camera.place, rows: run)
        for row in wanted {
          let start = (row - first) * size * channels
          let frame = bytes[start..<start + size * channels]
          images.append(
            channels == 3 && !isPlanar
              ? RGBImage(width: camera.width, height: camera.height, pixels: Array(frame))
              : Self.image(camera, channels, isPlanar, frame) { $0 })
        }
      case .pixels(let channels, let isPlanar, .numbers(let top)):
        let numbers = try file.numbers(camera.place, rows: run)
        for row in wanted {
          let start = (row - first) * size * channels
          let frame = numbers[start..<start + size * channels]
          guard frame.allSatisfy({ $0 >= 0 && $0 <= top }) else {
            throw VLMError(
              .datasetShape, "frame \(row) has numbers that are not from 0 to \(Int(top)), unlike the first",
              file: file.path, tensor: camera.place, remedy: "write frames as bytes")
          }
          images.append(
            Self.image(camera, channels, isPlanar, frame) { UInt8(($0 * (255 / top)).rounded()) })
        }
      case .pictures(let colours):
        let pictures = try file.octets(camera.place, rows: run) ?? []
        for row in wanted where row - first < pictures.count {
          images.append(try Self.decoded(pictures[row - first], row: row, of: camera, colours, file.path))
        }
      }
      next = end
    }
    return images
  }

  /// Three channels of every pixel, as bytes.
  private static func image<Number>(
    _ camera: RecordedCamera, _ channels: Int, _ isPlanar: Bool, _ frame: ArraySlice<Number>,
    _ byte: (Number) -> UInt8
  ) -> RGBImage {
    let size = camera.height * camera.width
    return RGBImage(width: camera.width, height: camera.height) { pixels in
      frame.withUnsafeBufferPointer { frame in
        for pixel in 0..<size {
          for channel in 0..<3 {
            pixels.initializeElement(
              at: 3 * pixel + channel,
              to: byte(isPlanar ? frame[channel * size + pixel] : frame[pixel * channels + channel]))
          }
        }
      }
    }
  }

  private static func decoded(
    _ picture: [UInt8], row: Int, of camera: RecordedCamera, _ colours: Colours, _ file: String
  ) throws(VLMError) -> RGBImage {
    let image: RGBImage
    do throws(VLMError) {
      let size = try RGBImage.size(decoding: picture, file: file)
      guard size == (camera.width, camera.height) else {
        throw VLMError(
          .datasetShape,
          "it is \(size.height) x \(size.width), the first frame \(camera.height) x \(camera.width)",
          file: file)
      }
      image = try RGBImage(decoding: picture, file: file)
    } catch { throw placed(error, camera.place, row: row) }
    guard case .exchangedUnlessMarked(let mark) = colours, !hasComment(mark, picture) else { return image }
    return image.exchangingRedAndBlue
  }

  private static func placed(_ error: VLMError, _ place: String, row: Int) -> VLMError {
    var error = error
    error.tensor = "\(place)[\(row)]"
    return error
  }

  /// Whether a JPEG has a comment of these bytes before its pixels (ITU-T T.81, B.2.4.5).
  private static func hasComment(_ text: [UInt8], _ jpeg: [UInt8]) -> Bool {
    var place = 2
    while place + 4 <= jpeg.count, jpeg[place] == 0xFF, jpeg[place + 1] != 0xDA {
      let length = Int(jpeg[place + 2]) << 8 | Int(jpeg[place + 3])
      guard length >= 2, place + 2 + length <= jpeg.count else { return false }
      if jpeg[place + 1] == 0xFE, jpeg[place + 4..<place + 2 + length].elementsEqual(text) { return true }
      place += 2 + length
    }
    return false
  }
}
