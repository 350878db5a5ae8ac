package import Datasets
package import Features
internal import Files
internal import Foundation
internal import Images
internal import Runtime
package import Statistics
package import Tensors

/// One reading of all frames in use: their hash, pixel features and defects, and the frames for the encoders to come.
///
/// Cached features are found by the hash, so all frames are read before it is known whether any encoder runs. They are
/// kept meanwhile, as far as `limit` goes; what is beyond is decoded again by each encoder, which takes far longer over
/// a frame than decoding does. All encoders at once would spare that, and hold the weights of every model at once.
package struct DecodedFrames: Sendable {
  /// Over width, height and pixels of every frame, in order.
  package let sha256: String
  /// The first frame.
  package let thumbnail: ProbeThumbnail
  /// Frames to lay maps over: the middle one of an episode of each of the first tasks.
  package let examples: [ProbeMaps.Example]
  package let pixels: MemoryFeatures
  /// What fixed features find in the frames: [frames, width].
  private let features: FloatTensor
  /// Defects that are no errors.
  package let note: String?
  private let demonstrations: Demonstrations
  /// Of the first episodes.
  private var kept: [[RGBImage]] = []

  /// - Parameters:
  ///   - side: cells a side of the pixels' grid.
  ///   - exampleCount: frames to lay maps over, of an episode each.
  ///   - limit: bytes of decoded frames that are kept; by default 1 GiB, enough for a thousand of 640 x 480.
  /// - Throws: `datasets.camera.dead`, and what reading throws.
  package init(
    _ demonstrations: Demonstrations, side: Int, examples exampleCount: Int = 3, keeping limit: Int = 1 << 30,
    progress: ProgressHandler? = nil
  ) throws {
    let hash = SHA256()
    var mean: [Float] = []
    var grid: [Float] = []
    var first: RGBImage?
    var examples: [ProbeMaps.Example] = []
    let shown = Self.shownEpisodes(demonstrations, exampleCount)
    var done = 0
    var bytes = 0
    var defects = FrameDefects()
    let extractor = try FrameFeatures(width: demonstrations.imageWidth, height: demonstrations.imageHeight)
    var features: [Float] = []
    features.reserveCapacity(demonstrations.frameCount * extractor.width)
    // Several episodes at once, for a video takes one process and one core; beside what is found in those before them.
    let batch = 2 * Parallel.threads
    func images(from place: Int) -> Pending<[[RGBImage]]> {
      Pending {
        let next = demonstrations.episodes[place...].prefix(batch)
        return try Parallel.map(next.count) { try demonstrations.images(of: next[place + $0]) }
      }
    }
    var next = images(from: 0)
    var waiting: [[RGBImage]] = []
    for (place, episode) in demonstrations.episodes.enumerated() {
      if waiting.isEmpty {
        waiting = try next.get().reversed()
        if place + batch < demonstrations.episodes.count { next = images(from: place + batch) }
      }
      let images = waiting.removeLast()
      if shown.contains(place) {
        let middle = images.count / 2
        examples.append(
          ProbeMaps.Example(
            episode: place, row: episode.rows[middle], picture: try Self.reduced(images[middle])))
      }
      defects.add(images, of: episode)
      for found in try Parallel.map(images.count, { try extractor(images[$0]) }) { features += found }
      for image in images {
        hash.update("\(image.width) \(image.height)\n")
        image.pixels.withUnsafeBytes { hash.update($0) }
        let pooled = PixelStage.pool(image, side: side)
        mean += pooled.mean
        grid += pooled.grid ?? []
        done += 1
        progress?(
          ProgressReport(
            activity: "reading frames", completed: done, total: demonstrations.frameCount, unit: .images))
      }
      first = first ?? images.first
      bytes += images.reduce(0) { $0 + $1.pixels.count }
      if bytes <= limit { kept.append(images) }
    }
    try defects.check(demonstrations)
    guard let first else { preconditionFailure("demonstrations have at least one frame") }
    self.demonstrations = demonstrations
    self.features = FloatTensor(features, shape: [done, extractor.width])
    sha256 = hash.finish()
    note = defects.note(demonstrations)
    thumbnail = ProbeThumbnail(width: first.width, height: first.height, pixels: Data(first.pixels))
    self.examples = examples
    let stage = ProbeStage(name: PixelStage.name, kind: .pixels, position: 0, width: 3, tokens: nil)
    pixels = MemoryFeatures(
      stages: [stage], mean: [FloatTensor(mean, shape: [done, 3])],
      grid: [FloatTensor(grid, shape: [done, side * side * 3])])
  }

  /// The first episode of each of the first `count` tasks, and further ones where there are fewer tasks.
  private static func shownEpisodes(_ demonstrations: Demonstrations, _ count: Int) -> Set<Int> {
    let all = demonstrations.episodes
    let firsts = all.indices.filter { place in !all[..<place].contains { $0.task == all[place].task } }
    return Set((firsts + all.indices.filter { !firsts.contains($0) }).prefix(count))
  }

  /// `image` with no side above 192.
  private static func reduced(_ image: RGBImage) throws(VLMError) -> ProbeThumbnail {
    let longest = max(image.width, image.height, 192)
    let small = try image.resized(
      width: max(image.width * 192 / longest, 1), height: max(image.height * 192 / longest, 1),
      by: Resampler(.bilinear, as: .pillow))
    return ProbeThumbnail(width: small.width, height: small.height, pixels: Data(small.pixels))
  }

  /// The products of the frames' fixed features: what an encoder could at least keep.
  package func frameKernels() throws(VLMError) -> FrameKernels {
    try FrameKernels(features, cells: FrameFeatures.cells)
  }

  /// For the encoders, episode by episode.
  package var frames: FeatureCache.Frames {
    let (demonstrations, kept) = (demonstrations, kept)
    return FeatureCache.Frames(counts: demonstrations.episodes.map(\.rows.count)) {
      let episode = demonstrations.episodes[$0]
      let images = $0 < kept.count ? kept[$0] : try demonstrations.images(of: episode)
      return images.map { Sample(images: [$0], instruction: demonstrations.tasks[episode.task]) }
    }
  }

  /// SHA-256 over the instruction of every episode.
  package var instructionsSHA256: String {
    let hash = SHA256()
    for episode in demonstrations.episodes {
      hash.update("\(episode.rows.count) \(demonstrations.tasks[episode.task])\n")
    }
    return hash.finish()
  }

  /// Lets go of the frames, once no encoder is to come.
  package mutating func release() { kept = [] }
}
