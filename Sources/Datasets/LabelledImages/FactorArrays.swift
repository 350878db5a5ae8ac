internal import Images
internal import Synchronization
internal import Tensors

/// Images and the factors that they were rendered from, as arrays of one file. Of the images only those drawn are read, once, when
/// the first is asked for.
struct FactorArrays: ImageSet {
  let path: String
  let names: [String]
  let factors: [ImageFactor]
  let sampling: String
  let unused: [String]
  private let height: Int
  private let width: Int
  /// [images, factors]
  private let labels: [Double]
  private let pixels: DrawnPixels

  /// Bytes of pixels that are kept.
  private static let most = 1 << 30

  /// What a file holds before anything is drawn.
  struct Contents {
    /// [images, height, width] or [images, height, width, 3]
    let shape: [Int]
    let factors: [ImageFactor]
    /// Columns of labels that are factors.
    let columns: [Int]
    /// What is said of them, or nothing.
    let note: String
    let unused: [String]
    /// Labels of ascending rows: [rows, columns there are].
    let labels: ([Int]) throws(VLMError) -> (values: [Double], width: Int)
    /// Pixels of ascending rows, as they are stored.
    let pixels: @Sendable ([Int]) throws(VLMError) -> [UInt8]
  }

  /// - Parameter limit: images that are drawn.
  init(_ path: String, _ contents: Contents, limit: Int) throws(VLMError) {
    let shape = contents.shape
    precondition(shape.count == 3 || shape.count == 4 && shape[3] == 3)
    let rows = ImageDraw.places(limit, of: shape[0], purpose: "images")
    let frame = shape.dropFirst().reduce(1, *)
    guard !rows.isEmpty, frame > 0 else {
      throw VLMError(.datasetEmpty, "there are no images in it", file: path)
    }
    guard frame <= RGBImage.maximumPixels, frame <= Self.most / rows.count else {
      throw VLMError(
        .datasetShape, "\(rows.count) images of \(frame) numbers are more than are kept in memory",
        file: path, remedy: "take fewer with --frames")
    }
    let found = try contents.labels(rows)
    var labels: [Double] = []
    for row in rows.indices {
      for column in contents.columns {
        let value = found.values[row * found.width + column]
        guard value.isFinite else {
          throw VLMError(
            .datasetNotFinite, "image \(rows[row]) has \(value) for label \(column)", file: path,
            remedy: "mend the labels")
        }
        labels.append(value)
      }
    }
    self.path = path
    names = rows.map { "image_\($0)" }
    factors = contents.factors
    unused = contents.unused
    sampling = ImageDraw.words(rows.count, of: shape[0]) + contents.note
    (height, width) = (shape[1], shape[2])
    self.labels = labels
    let read = contents.pixels
    pixels = DrawnPixels(channels: shape.count == 4 ? 3 : 1) { () throws(VLMError) in try read(rows) }
  }

  func value(of factor: Int, _ image: Int) -> Double { labels[image * factors.count + factor] }

  func size(of image: Int) -> (height: Int, width: Int) { (height, width) }

  func image(_ image: Int) throws(VLMError) -> RGBImage {
    let count = height * width * 3
    let all = try pixels.rgb()
    return RGBImage(width: width, height: height, pixels: Array(all[image * count..<(image + 1) * count]))
  }

  /// Rows that follow each other with less than `gap` between them, none longer than `longest`.
  static func runs(_ rows: [Int], gap: Int, longest: Int) -> [(range: Range<Int>, rows: ArraySlice<Int>)] {
    var runs: [(Range<Int>, ArraySlice<Int>)] = []
    var start = 0
    for index in rows.indices {
      let isLast = index + 1 == rows.count
      if isLast || rows[index + 1] - rows[index] >= gap || rows[index + 1] - rows[start] >= longest {
        runs.append((rows[start]..<rows[index] + 1, rows[start...index]))
        start = index + 1
      }
    }
    return runs
  }
}

/// The pixels of the images that were drawn, read once.
private final class DrawnPixels: Sendable {
  private let channels: Int
  private let read: @Sendable () throws(VLMError) -> [UInt8]
  private let kept = Mutex<Result<[UInt8], VLMError>?>(nil)

  init(channels: Int, _ read: @escaping @Sendable () throws(VLMError) -> [UInt8]) {
    (self.channels, self.read) = (channels, read)
  }

  /// [images, height, width, 3]; of black and white those of 0 and 1 become 0 and 255.
  func rgb() throws(VLMError) -> [UInt8] {
    try kept.withLock { kept in
      if let kept { return kept }
      let found = Result { () throws(VLMError) in
        let stored = try read()
        guard channels == 1 else { return stored }
        let scale: UInt8 = stored.max() ?? 0 <= 1 ? 255 : 1
        return stored.flatMap { [UInt8](repeating: $0 * scale, count: 3) }
      }
      kept = found
      return found
    }.get()
  }
}
