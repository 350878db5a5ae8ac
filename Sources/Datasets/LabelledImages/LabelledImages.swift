package import Images
package import Tensors

/// Images with what is known of each, and neither actions nor instructions nor time: an episode is an image, of one row.
///
/// Of a large set some are drawn at random, always the same: in the order of the files neighbours are alike, and every n-th image of a
/// set that was rendered factor by factor may have the same value of several.
package struct LabelledImages: DemonstrationSource {
  package let path: String
  package let files: [String]
  package let episodes: [RecordedEpisode]
  package let vocabulary = DemonstrationVocabulary(frames: "images", workspaceCameras: [], observations: [:])
  private let images: any ImageSet

  /// What the frames are called.
  static let camera = "image"

  init(_ images: any ImageSet) {
    path = images.path
    files = [images.path]
    self.images = images
    episodes = images.names.map { RecordedEpisode(file: 0, name: $0.replacing(":", with: "_"), place: $0) }
  }

  package var isOfImages: Bool { true }

  package var sampling: String? { images.sampling }

  package func part(named name: String) throws(VLMError) -> Set<Int> {
    guard let part = images.parts[name] else {
      throw VLMError(
        .datasetMask, "there is no part \(name)", file: path,
        remedy: images.parts.isEmpty
          ? "such a set has none" : "parts in it: \(list(Array(images.parts.keys)))")
    }
    return part
  }

  package func describe(_ episode: Int) throws(VLMError) -> EpisodeDescription {
    let place = episodes[episode].place
    let size = try images.size(of: episode)
    let values = images.factors.map { $0.recorded(at: "\(place)/\($0.name)") }.sorted { $0.name < $1.name }
    return EpisodeDescription(
      instruction: Chosen("", "images are told nothing"), length: 1,
      cameras: [
        RecordedCamera(
          name: Self.camera, place: place, frames: 1, height: size.height, width: size.width)
      ], values: values, place: place, names: (values.map(\.name) + [Self.camera] + images.unused).sorted())
  }

  package func values(_ values: RecordedValues, of episode: Int) throws(VLMError) -> [Double] {
    guard let factor = images.factors.firstIndex(where: { $0.name == values.name }) else {
      preconditionFailure("\(values.place) is not of this recording")
    }
    let value = images.value(of: factor, episode)
    guard let columns = images.factors[factor].columns(value) else {
      throw VLMError(
        .datasetShape, "\(value) is none of the \(values.width) classes", file: path, tensor: values.place,
        remedy: episodes[episode].leaveOut)
    }
    return columns
  }

  package func frames(
    _ camera: RecordedCamera, rows: [Int], of episode: Int
  ) throws(VLMError) -> [RGBImage] {
    rows.isEmpty ? [] : [try images.image(episode)]
  }

  package func orientation(of camera: String, in episodes: [Int]) -> RecordedOrientation {
    RecordedOrientation(fallback: Chosen(.asStored, "image files have their top row first"))
  }

  package func lag(of camera: String) -> RecordedLag {
    .known(RowLag(rows: 0, evidence: "an image has one row"))
  }
}

/// Where labelled images are kept: those that were drawn, counted from 0.
protocol ImageSet: Sendable {
  var path: String { get }
  /// What each is called, so that no two are called alike.
  var names: [String] { get }
  var factors: [ImageFactor] { get }
  /// How they were drawn and made one size.
  var sampling: String { get }
  /// Parts that the set names.
  var parts: [String: Set<Int>] { get }
  /// What else stands there.
  var unused: [String] { get }

  func value(of factor: Int, _ image: Int) -> Double
  func size(of image: Int) throws(VLMError) -> (height: Int, width: Int)
  func image(_ image: Int) throws(VLMError) -> RGBImage
}

extension ImageSet {
  var parts: [String: Set<Int>] { [:] }
  var unused: [String] { [] }
}

/// Which of many are taken: at random, but always the same.
enum ImageDraw {
  /// At most `limit` of `0..<count`, ascending.
  static func places(_ limit: Int, of count: Int, purpose: String) -> [Int] {
    guard limit < count else { return Array(0..<count) }
    // Floyd's: no list of all.
    var generator = SeededGenerator(seed: 0, purpose: purpose)
    var drawn: Set<Int> = []
    for last in count - limit..<count {
      let place = generator.index(below: last + 1)
      drawn.insert(drawn.contains(place) ? last : place)
    }
    return drawn.sorted()
  }

  /// `12 images`, `800 of 480000 images, drawn at random`.
  static func words(_ drawn: Int, of count: Int) -> String {
    drawn < count ? "\(drawn) of \(count) images, drawn at random" : "\(count) images, all there are"
  }
}
