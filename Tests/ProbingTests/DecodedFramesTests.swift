import Datasets
import Features
import Files
import Foundation
import Images
import Probing
import Runtime
import Synchronization
import Tensors
import TestSupport
import Testing

@Suite struct DecodedFramesTests {
  /// Counts the frames that are decoded.
  private final class CountingSource: DemonstrationWrapper {
    let base: any DemonstrationSource
    let decoded = Mutex<Int>(0)

    init(_ base: any DemonstrationSource) { self.base = base }

    func frames(_ camera: RecordedCamera, rows: [Int], of episode: Int) throws(VLMError) -> [RGBImage] {
      decoded.withLock { $0 += rows.count }
      return try base.frames(camera, rows: rows, of: episode)
    }
  }

  private static func open() throws -> (source: CountingSource, data: Demonstrations) {
    let source = CountingSource(try DemonstrationFormat.open(Fixture.url("datasets/robomimic.hdf5").path))
    return (source, try Demonstrations(source, options: DemonstrationOptions(framesPerEpisode: 5)))
  }

  @Test func everyFrameIsDecodedOnceForAnyNumberOfEncoders() throws {
    let (source, data) = try Self.open()
    let decoded = try DecodedFrames(data, side: 2)
    for _ in 0..<3 {
      for episode in 0..<decoded.frames.counts.count {
        let images = try decoded.frames.samples(episode).map { $0.images[0] }
        #expect(images.count == data.episodes[episode].rows.count)
      }
    }
    #expect(source.decoded.withLock { $0 } == data.frameCount)
    #expect(decoded.frames.count == data.frameCount)
  }

  @Test func asManyExamplesAsAreAskedFor() throws {
    let (_, data) = try Self.open()
    for count in [1, data.episodes.count, data.episodes.count + 1] {
      let examples = try DecodedFrames(data, side: 2, examples: count).examples
      #expect(examples.count == min(count, data.episodes.count))
    }
  }

  /// What does not fit is decoded again, to the same frames and the same hash.
  @Test func whatIsBeyondTheLimitIsDecodedAgain() throws {
    let (source, data) = try Self.open()
    let all = try DecodedFrames(data, side: 2)
    let episode = data.episodes[0].rows.count * data.imageHeight * data.imageWidth * 3
    var some = try DecodedFrames(data, side: 2, keeping: episode)
    #expect(some.sha256 == all.sha256)
    source.decoded.withLock { $0 = 0 }
    for index in data.episodes.indices {
      #expect(try some.frames.samples(index).map(\.images) == all.frames.samples(index).map(\.images))
    }
    #expect(source.decoded.withLock { $0 } == data.frameCount - data.episodes[0].rows.count)
    some.release()
    #expect(try some.frames.samples(0).map(\.images) == all.frames.samples(0).map(\.images))
  }

  @Test func theHashIsOverSizesAndPixelsInOrder() throws {
    let (_, data) = try Self.open()
    let hash = SHA256()
    for episode in data.episodes {
      for image in try data.images(of: episode) {
        hash.update("\(image.width) \(image.height)\n")
        image.pixels.withUnsafeBytes { hash.update($0) }
      }
    }
    #expect(try DecodedFrames(data, side: 2).sha256 == hash.finish())
  }
}
