internal import Datasets
package import Features
internal import Files
internal import Foundation
internal import Images
internal import Runtime
package import Statistics
package import Tensors

/// What the frames in use say by themselves, without any encoder.
package struct FrameFindings: Sendable {
  /// Over width, height and pixels of every frame, in order.
  package let sha256: String
  /// The first frame.
  package let thumbnail: ProbeThumbnail
  /// Frames to lay maps over: the middle one of an episode of each of the first tasks.
  package let examples: [ProbeMaps.Example]
  package let pixels: MemoryFeatures
  /// Defects that are no errors.
  package let note: String?
  /// What fixed features find in the frames: [frames, width].
  private let features: FloatTensor

  /// The products of the frames' fixed features: what an encoder could at least keep.
  package func frameKernels() throws(VLMError) -> FrameKernels {
    try FrameKernels(features, cells: FrameFeatures.cells)
  }

  /// Found part by part.
  struct Reading {
    private let demonstrations: Demonstrations
    private let side: Int
    private let shown: Set<Int>
    private let extractor: FrameFeatures
    private let hash = SHA256()
    private let partHash = SHA256()
    private(set) var defects = FrameDefects()
    private var thumbnail: ProbeThumbnail?
    private var examples: [ProbeMaps.Example] = []
    private var mean: [Float] = []
    private var grid: [Float] = []
    private var features: [Float] = []

    /// - Parameters:
    ///   - side: cells a side of the pixels' grid.
    ///   - exampleCount: frames to lay maps over, of an episode each.
    init(_ demonstrations: Demonstrations, side: Int, examples exampleCount: Int) throws(VLMError) {
      self.demonstrations = demonstrations
      self.side = side
      shown = Self.shownEpisodes(demonstrations, exampleCount)
      extractor = try FrameFeatures(width: demonstrations.imageWidth, height: demonstrations.imageHeight)
      features.reserveCapacity(demonstrations.frameCount * extractor.width)
    }

    /// Looks at the next frames.
    ///
    /// - Returns: SHA-256 over width, height and pixels of these alone.
    mutating func add(_ stretches: [(stretch: Demonstrations.Stretch, images: [RGBImage])]) throws -> String {
      for (stretch, images) in stretches {
        look(at: images, in: stretch)
        let middle = stretch.episode.rows.count / 2
        if shown.contains(stretch.place), stretch.range.contains(middle) {
          examples.append(
            ProbeMaps.Example(
              episode: stretch.place, row: stretch.episode.rows[middle],
              picture: try Self.reduced(images[middle - stretch.range.lowerBound])))
        }
      }
      let images = stretches.flatMap(\.images)
      if thumbnail == nil, let first = images.first {
        thumbnail = ProbeThumbnail(width: first.width, height: first.height, pixels: Data(first.pixels))
      }
      let (side, extractor) = (side, extractor)
      let found = try Parallel.map(images.count) { index in
        (features: try extractor(images[index]), pixels: PixelStage.pool(images[index], side: side))
      }
      for (image, found) in zip(images, found) {
        for bytes in [Array("\(image.width) \(image.height)\n".utf8), image.pixels] {
          bytes.withUnsafeBytes { SHA256.update([(hash, $0), (partHash, $0)]) }
        }
        features += found.features
        mean += found.pixels.mean
        grid += found.pixels.grid ?? []
      }
      return partHash.finish()
    }

    /// Looks at the next frames for defects only.
    mutating func look(at images: [RGBImage], in stretch: Demonstrations.Stretch) {
      defects.add(images, of: stretch.episode)
    }

    /// - Throws: `datasets.camera.dead`.
    func findings() throws(VLMError) -> FrameFindings {
      try defects.check(demonstrations)
      guard let thumbnail else { preconditionFailure("demonstrations have at least one frame") }
      let count = mean.count / 3
      let stage = ProbeStage(name: PixelStage.name, kind: .pixels, position: 0, width: 3, tokens: nil)
      return FrameFindings(
        sha256: hash.finish(), thumbnail: thumbnail, examples: examples,
        pixels: MemoryFeatures(
          stages: [stage], mean: [FloatTensor(mean, shape: [count, 3])],
          grid: [FloatTensor(grid, shape: [count, side * side * 3])]),
        note: defects.note(demonstrations), features: FloatTensor(features, shape: [count, extractor.width]))
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
  }
}
