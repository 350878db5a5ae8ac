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
  /// Counts the frames that are decoded, and shows nothing in some episodes.
  private final class CountingSource: DemonstrationWrapper {
    let base: any DemonstrationSource
    let decoded = Mutex<Int>(0)
    let dark: Set<Int>

    init(_ base: any DemonstrationSource, dark: Set<Int> = []) { (self.base, self.dark) = (base, dark) }

    func frames(_ camera: RecordedCamera, rows: [Int], of episode: Int) throws(VLMError) -> [RGBImage] {
      decoded.withLock { $0 += rows.count }
      let images = try base.frames(camera, rows: rows, of: episode)
      guard dark.contains(episode) else { return images }
      return images.map {
        RGBImage(width: $0.width, height: $0.height, pixels: [UInt8](repeating: 0, count: $0.pixels.count))
      }
    }
  }

  /// Five frames each of three episodes.
  private static func open() throws -> (source: CountingSource, data: Demonstrations) {
    let source = CountingSource(try DemonstrationFormat.open(Fixture.url("datasets/robomimic.hdf5").path))
    return (source, try Demonstrations(source, options: DemonstrationOptions(framesPerEpisode: 5)))
  }

  /// Five frames each of 60 episodes: three parts, which end within episodes.
  private static func openMany(dark: Set<Int> = []) throws -> (source: CountingSource, data: Demonstrations) {
    let source = CountingSource(
      try DemonstrationFormat.open(Fixture.url("demonstrations").path), dark: dark)
    let data = try Demonstrations(source, options: DemonstrationOptions(framesPerEpisode: 5))
    #expect(data.frameCount == 300)
    source.decoded.withLock { $0 = 0 }
    return (source, data)
  }

  private static func images(_ decoded: DecodedFrames) throws -> [RGBImage] {
    let frames = decoded.frames(areTold: true)
    return try frames.parts.flatMap { try frames.samples($0).map { $0.images[0] } }
  }

  private static func images(_ data: Demonstrations) throws -> [RGBImage] {
    try data.episodes.flatMap { try data.images(of: $0) }
  }

  @Test func everyFrameIsDecodedOnceForAnyNumberOfEncoders() throws {
    let (source, data) = try Self.open()
    let decoded = try DecodedFrames(data, side: 2)
    for _ in 0..<3 { #expect(try Self.images(decoded).count == data.frameCount) }
    _ = try decoded.findings()
    #expect(source.decoded.withLock { $0 } == data.frameCount)
    #expect(decoded.frames(areTold: false).count == data.frameCount)
  }

  @Test func asManyExamplesAsAreAskedFor() throws {
    let (_, data) = try Self.open()
    for count in [1, data.episodes.count, data.episodes.count + 1] {
      let examples = try DecodedFrames(data, side: 2, examples: count).findings().examples
      #expect(examples.count == min(count, data.episodes.count))
    }
  }

  /// The middle frame of an episode, whichever part it stands in.
  @Test func examplesAreMiddleFrames() throws {
    let (_, data) = try Self.openMany()
    let examples = try DecodedFrames(data, side: 2, examples: 24).findings().examples
    #expect(examples.map(\.episode) == examples.map(\.episode).sorted() && examples.count == 24)
    for example in examples {
      let image = try data.images(of: data.episodes[example.episode])[2]
      #expect(example.row == data.episodes[example.episode].rows[2])
      #expect(example.picture.pixels == Data(image.pixels), "they are no larger than 192 pixels")
    }
  }

  /// What does not fit is decoded again, to the same frames and the same hash.
  @Test func whatIsBeyondTheLimitIsDecodedAgain() throws {
    let (source, data) = try Self.openMany()
    let all = try Self.images(data)
    let part = 128 * data.imageHeight * data.imageWidth * 3
    let some = try DecodedFrames(data, side: 2, keeping: part)
    #expect(try some.findings().sha256 == DecodedFrames(data, side: 2).findings().sha256)
    source.decoded.withLock { $0 = 0 }
    #expect(try Self.images(some) == all)
    #expect(source.decoded.withLock { $0 } == data.frameCount - 128)
    some.release()
    #expect(try Self.images(some) == all)
  }

  @Test func theHashIsOverSizesAndPixelsInOrder() throws {
    let (_, data) = try Self.openMany()
    let (hash, partHash) = (SHA256(), SHA256())
    for (place, image) in try Self.images(data).enumerated() {
      for hash in [hash] + (place < 128 ? [partHash] : []) {
        hash.update("\(image.width) \(image.height)\n")
        image.pixels.withUnsafeBytes { hash.update($0) }
      }
    }
    let decoded = try DecodedFrames(data, side: 2)
    #expect(try decoded.findings().sha256 == hash.finish())
    let name = partHash.finish()
    #expect(try decoded.frames(areTold: false).identity(0..<128) == name)
    // Instructions count where a model is told them.
    let told = try decoded.frames(areTold: true).identity(0..<128)
    #expect(told.hasPrefix(name + "\n") && told.count == 64 + 1 + 64)
  }

  /// A stage that is the picture's first pixel; notes how many frames were decoded when a batch came, and how many are done.
  private final class NotingModel: ProbedModel {
    let source: CountingSource
    let events = Mutex<[(decoded: Int, encoded: Int)]>([])
    init(_ source: CountingSource) { self.source = source }
    var points: [ProbePoint] { [ProbePoint(.vision(.block(0)))] }
    var encoded: Int { events.withLock { $0.last?.encoded ?? 0 } }

    func encode(_ samples: [Sample], at points: [ProbePoint], gridSide: Int) -> [[PooledStage]] {
      let decoded = source.decoded.withLock(\.self)
      events.withLock { $0.append((decoded, ($0.last?.encoded ?? 0) + samples.count)) }
      return [samples.map { PooledStage(mean: [Float($0.images[0].pixels[0])], grid: nil, tokens: 1) }]
    }
  }

  private static func encode(
    _ decoded: DecodedFrames, _ model: any ProbedModel, _ place: FeatureCache.Place = .none
  ) throws -> FeatureCache.Outcome {
    let encoding = FeatureCache.Encoding(
      key: ["k"], label: "a test", name: "test", frames: decoded.frames(areTold: false), gridSide: 2, model: { model })
    return try FeatureCache(place).features(of: encoding, progress: nil)
  }

  /// The first frame is encoded before the last is decoded, and no more than two parts wait for the encoder.
  @Test func decodingGoesOnWhileTheEncoderRuns() throws {
    let (source, data) = try Self.openMany()
    let decoded = try DecodedFrames(data, side: 2, keeping: 0)
    // A look at few frames, before.
    #expect((1...32).contains(source.decoded.withLock { $0 }))
    source.decoded.withLock { $0 = 0 }
    let model = NotingModel(source)
    let outcome = try Self.encode(decoded, model)
    #expect(source.decoded.withLock { $0 } == data.frameCount)
    model.events.withLock { events in
      #expect(events.first.map { $0.decoded <= 256 } == true)
      for (place, event) in events.enumerated() {
        let before = place == 0 ? 0 : events[place - 1].encoded
        #expect(event.decoded - before / 128 * 128 <= 256, "\(event)")
      }
    }
    let pixels = try Self.images(data).map { Float($0.pixels[0]) }
    #expect(try outcome.features.features(0, .mean)?.values == pixels)
  }

  /// A second run over a cache decodes, names and finds; the next encoder's features need not even that.
  @Test func aSecondRunOnlyDecodes() throws {
    try Fixture.withTemporaryDirectory { directory in
      let (source, data) = try Self.openMany()
      let model = NotingModel(source)
      for isSecond in [false, true] {
        let decoded = try DecodedFrames(data, side: 2, keeping: 0)
        #expect(try Self.encode(decoded, model, .directory(directory.path)).fromCache == isSecond)
        source.decoded.withLock { $0 = 0 }
        #expect(try Self.encode(decoded, model, .directory(directory.path)).fromCache)
        #expect(source.decoded.withLock { $0 } == 0)
      }
      #expect(model.encoded == data.frameCount)
    }
  }

  private static let message = "all 5 frames used are of a single colour 0 0 0"

  /// In the first part, or in what is looked at: before any encoder is there.
  @Test(arguments: ["first", "last", "all"]) func aDeadCameraIsToldBeforeAnEncoderRuns(where place: String)
    throws
  {
    let count = try Self.openMany().data.episodes.count
    let dark = place == "all" ? Set(0..<count) : [place == "first" ? 3 : count - 1]
    let (source, data) = try Self.openMany(dark: dark)
    let model = NotingModel(source)
    let error = #expect(throws: VLMError.self) { try Self.encode(DecodedFrames(data, side: 2), model) }
    #expect(error?.code == .datasetDeadCamera)
    #expect(
      error?.message == Self.message
        + (place == "all" ? "; so it is in \(count) of \(count) demonstrations" : ""))
    #expect(model.encoded == 0)
  }

  /// Elsewhere no part is begun once it is known, and all are read to say how many there are.
  @Test func aDeadCameraStopsTheEncoder() throws {
    let count = try Self.openMany().data.episodes.count
    // Every second or third is looked at, and none of these.
    let dark = [40, 42, count - 2]
    let (source, data) = try Self.openMany(dark: Set(dark))
    let model = NotingModel(source)
    let decoded = try DecodedFrames(data, side: 2)
    let error = #expect(throws: VLMError.self) { try Self.encode(decoded, model) }
    #expect(error?.message == Self.message + "; so it is in 3 of \(count) demonstrations")
    #expect(error?.tensor?.hasPrefix(data.episodes[40].contents.place) == true)
    #expect(model.encoded <= 128)
  }
}
