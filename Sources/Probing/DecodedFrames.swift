package import Datasets
package import Features
internal import Files
internal import Images
internal import Runtime
internal import Synchronization
package import Tensors

/// The frames in use for any number of encoders, read once, part after part as the first encoder asks for them.
///
/// What they say by themselves (`findings`) is found as they come; an encoder is at work on the part before meanwhile. A part is
/// named by the SHA-256 of its frames, by which its features are found in the cache.
///
/// Parts are kept for the encoders to come as far as `limit` goes; what is beyond is decoded again by each of them, which takes far
/// longer over a frame than decoding does. All encoders at once would spare that, and hold the weights of every model at once.
/// So in memory are `limit` bytes of frames, and the two parts that `FeatureCache` holds.
///
/// A camera that sees nothing is an error, which is told before an encoder runs wherever that is cheap to find out: in the first
/// part, and in 16 further episodes, spread over all, by two frames of each. Where these show nothing all frames are read first.
/// Elsewhere it is found when the episode's turn comes; no encoder begins another part then.
package final class DecodedFrames: Sendable {
  private struct Reading {
    var findings: FrameFindings.Reading
    var parts = 0
    var outcome: FrameFindings?
  }

  /// What has been read.
  private struct Parts {
    var sha256: [String] = []
    /// The first of them.
    var kept: [[RGBImage]] = []
    var keptBytes = 0
    /// The last one that was read, where it is not kept, until another is asked for.
    var last: (part: Int, images: [RGBImage])?
    var isReleased = false
    var readCount = 0
    /// Whether an encoder has frames to work on.
    var isEncoding = false
  }

  private let demonstrations: Demonstrations
  private let limit: Int
  private let progress: ProgressHandler?
  private let ranges: [Range<Int>]
  /// Locked while frames are read, which takes long; `parts` never is for long.
  private let reading: Mutex<Reading>
  private let parts = Mutex(Parts())

  /// - Parameters:
  ///   - side: cells a side of the pixels' grid.
  ///   - exampleCount: frames to lay maps over, of an episode each.
  ///   - limit: bytes of decoded frames that are kept; by default 1 GiB, enough for a thousand of 640 x 480.
  /// - Throws: `datasets.camera.dead`, and what reading throws.
  package init(
    _ demonstrations: Demonstrations, side: Int, examples exampleCount: Int = 3, keeping limit: Int = 1 << 30,
    progress: ProgressHandler? = nil
  ) throws {
    self.demonstrations = demonstrations
    self.limit = limit
    self.progress = progress
    ranges = FeatureCache.Frames.parts(of: demonstrations.frameCount)
    reading = Mutex(
      Reading(findings: try FrameFindings.Reading(demonstrations, side: side, examples: exampleCount)))
    let beyond = demonstrations.stretches(of: ranges[0].upperBound..<demonstrations.frameCount)
    if let first = beyond.first, try demonstrations.seemBlind(in: first.place..<demonstrations.episodes.count)
    {
      _ = try findings()
    }
  }

  /// For an encoder.
  ///
  /// - Parameter areTold: whether it is told the instructions, so that they are part of a sample's name.
  package func frames(areTold: Bool) -> FeatureCache.Frames {
    FeatureCache.Frames(count: demonstrations.frameCount) { [self] frames in
      let sha256 = try self.sha256(of: frames)
      return areTold ? "\(sha256)\n\(instructions(of: frames))" : sha256
    } samples: { [self] frames in
      zip(try images(of: frames), demonstrations.instructions(of: frames)).map {
        Sample(images: [$0], instruction: $1)
      }
    }
  }

  /// What the frames say by themselves; reads those that have not been read yet.
  package func findings() throws -> FrameFindings {
    try read(through: ranges.count - 1)!
  }

  /// Lets go of the frames, once no encoder is to come.
  package func release() {
    parts.withLock {
      $0.isReleased = true
      ($0.kept, $0.last) = ([], nil)
    }
  }

  // MARK: One part

  private func part(_ frames: Range<Int>) -> Int {
    guard let part = ranges.firstIndex(of: frames) else { preconditionFailure("\(frames) are no part") }
    return part
  }

  private func sha256(of frames: Range<Int>) throws -> String {
    let part = part(frames)
    if let known = parts.withLock({ $0.sha256.count > part ? $0.sha256[part] : nil }) { return known }
    try read(through: part)
    return parts.withLock { $0.sha256[part] }
  }

  private func instructions(of frames: Range<Int>) -> String {
    let hash = SHA256()
    for instruction in demonstrations.instructions(of: frames) {
      hash.update("\(instruction.utf8.count) \(instruction)\n")
    }
    return hash.finish()
  }

  private func images(of frames: Range<Int>) throws -> [RGBImage] {
    let part = part(frames)
    _ = try sha256(of: frames)
    let held: [RGBImage]? = parts.withLock {
      $0.isEncoding = true
      if part < $0.kept.count { return $0.kept[part] }
      if let last = $0.last, last.part == part { return last.images }
      $0.last = nil
      return nil
    }
    return try held ?? decode(frames).flatMap(\.images)
  }

  // MARK: Reading

  /// - Returns: the findings, once all has been read.
  @discardableResult private func read(through part: Int) throws -> FrameFindings? {
    try reading.withLock { reading in
      while reading.parts <= part {
        let frames = ranges[reading.parts]
        let stretches = try decode(frames, whenDone: tell)
        let sha256 = try reading.findings.add(stretches)
        if reading.findings.defects.hasDeadEpisode { try refuse(&reading.findings, after: frames) }
        reading.parts += 1
        if reading.parts == ranges.count { reading.outcome = try reading.findings.findings() }
        add(stretches.flatMap(\.images), sha256, part: reading.parts - 1)
      }
      return reading.outcome
    }
  }

  /// Reads what is left to say in how many episodes the camera sees nothing.
  private func refuse(_ findings: inout FrameFindings.Reading, after frames: Range<Int>) throws {
    for range in ranges where range.lowerBound >= frames.upperBound {
      for (stretch, images) in try decode(range) { findings.look(at: images, in: stretch) }
    }
    try findings.defects.check(demonstrations)
  }

  private func add(_ images: [RGBImage], _ sha256: String, part: Int) {
    let bytes = images.reduce(0) { $0 + $1.pixels.count }
    parts.withLock {
      $0.sha256.append(sha256)
      guard !$0.isReleased else { return }
      $0.keptBytes += bytes
      if $0.keptBytes <= limit {
        $0.kept.append(images)
        $0.last = nil
      } else {
        $0.last = (part, images)
      }
    }
  }

  /// Several episodes at once, for a video takes one process and one core.
  private func decode(
    _ frames: Range<Int>, whenDone: (_ count: Int) -> Void = { _ in }
  ) throws -> [(stretch: Demonstrations.Stretch, images: [RGBImage])] {
    let stretches = demonstrations.stretches(of: frames)
    return try Parallel.map(stretches.count) { index in
      let images = try demonstrations.images(of: stretches[index])
      whenDone(images.count)
      return (stretches[index], images)
    }
  }

  /// Tells that frames more were read, as long as no encoder is at work that tells its own progress.
  private func tell(_ count: Int) {
    let read = parts.withLock {
      $0.readCount += count
      return $0.isEncoding ? nil : $0.readCount
    }
    guard let read else { return }
    progress?(
      ProgressReport(
        activity: "reading frames", completed: read, total: demonstrations.frameCount, unit: .images))
  }
}
